namespace Dovetail.Configuration;

/// <summary>One thing that can be configured: by an environment variable, and by the command-line option that goes with it.</summary>
/// <param name="Variable">Name of the environment variable.</param>
/// <param name="Help">What it is, in one line.</param>
/// <param name="Default">Null: none.</param>
/// <param name="IsSecret">A secret has no option: every process on the host can read argument lists.</param>
internal sealed record Setting(string Variable, string Help, string? Default = null, bool IsSecret = false)
{
    /// <summary><c>TS_STATE_DIR</c> is <c>--state-dir</c>, <c>DOCKER_HOST</c> is <c>--docker-host</c>.</summary>
    public string Option => "--" + Variable
        .Replace("DOVETAIL_", "", StringComparison.Ordinal)
        .Replace("TS_", "", StringComparison.Ordinal)
        .Replace('_', '-')
        .ToLowerInvariant();
}
