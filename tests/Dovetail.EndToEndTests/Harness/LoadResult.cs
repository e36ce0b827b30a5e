namespace Dovetail.EndToEndTests.Harness;

/// <summary>One request of a <see cref="SteadyLoad"/>.</summary>
/// <param name="Begun">When it was sent, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="Ended">When its answer was complete, or it failed.</param>
/// <param name="Failure">What a user would have seen instead of the page; null: the page came.</param>
internal sealed record LoadResult(string Service, long Begun, long Ended, string? Failure)
{
    public override string ToString() =>
        $"{Service}: {Failure ?? "answered"} after {System.Diagnostics.Stopwatch.GetElapsedTime(Begun, Ended).TotalMilliseconds:0} ms";
}
