namespace Dovetail.Common;

/// <summary>The header <c>Retry-After</c> (RFC 9110, section 10.2.3).</summary>
internal static class RetryAfter
{
    /// <returns>From now on; null: the answer does not say. A date that is over gives less than nothing.</returns>
    public static TimeSpan? Of(HttpResponseMessage answer, TimeProvider time) => answer.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } at } => at - time.GetUtcNow(),
        _ => null,
    };
}
