namespace Dovetail.Tailscale;

/// <summary>The one preference that Dovetail sets without <c>tailscale up</c> (11-metrics-and-cost/prefs-calls.txt).</summary>
internal sealed record WantRunningPrefs
{
    public required bool WantRunning { get; init; }

    /// <summary>Says that <see cref="WantRunning"/> is meant; what is not so marked stays.</summary>
    public bool WantRunningSet { get; init; } = true;
}
