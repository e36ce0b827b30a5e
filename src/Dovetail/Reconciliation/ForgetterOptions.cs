namespace Dovetail.Reconciliation;

/// <summary>What the configuration says about machines that nobody needs.</summary>
/// <param name="After">How long a service has to be unwanted; at least an hour.</param>
/// <param name="Settle">For how long this daemon has to have seen the containers without a gap before it forgets any.</param>
/// <param name="Interval">How often it looks; over zero.</param>
/// <param name="StateRoot">Holds the state directories.</param>
internal sealed record ForgetterOptions(TimeSpan After, TimeSpan Settle, TimeSpan Interval, string StateRoot)
{
    /// <summary>How long before it is said once more, at Warning.</summary>
    public TimeSpan Notice => After / 2 < TimeSpan.FromDays(1) ? After / 2 : TimeSpan.FromDays(1);
}

/// <summary>A machine that no container wants, for <c>dovetail status</c> and <c>dovetail prune</c>.</summary>
/// <param name="ForgottenAt">
/// When it is logged out and its state removed, if no container wants it before and Docker can be listed; to the minute.
/// </param>
/// <param name="Problem">Why it could not be done; null: it was not tried, or is yet to come.</param>
internal sealed record UnwantedMachine(string Name, DateTimeOffset ForgottenAt, string? Problem);
