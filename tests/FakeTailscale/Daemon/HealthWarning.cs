using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>One warning, in the words of the recordings.</summary>
internal sealed record HealthWarning(
    string Code, string Severity, string Title, string Text, DateTimeOffset BrokenSince, (string Name, string Value)? Argument,
    string[] DependsOn)
{
    private readonly string _etag = Native.RandomHex(32);

    public static HealthWarning WantRunningFalse(IpnState state) => new(
        HealthTracker.WantRunningFalse, "low", "Tailscale off", "Tailscale is stopped.", Now, ("State", state.ToString()),
        [HealthTracker.WarmingUp]);

    public static HealthWarning WarmingUp() => new(
        HealthTracker.WarmingUp, "low", "Tailscale is starting", "Tailscale is starting. Please wait.", Now, null, []);

    /// <param name="error">Empty when the user simply has to log in.</param>
    public static HealthWarning LoginState(string error) => new(
        HealthTracker.LoginState, "medium", "Logged out",
        error.Length == 0 ? "You are logged out." : "You are logged out. The last login error was: " + error, Now, ("error", error),
        [HealthTracker.WantRunningFalse, HealthTracker.WarmingUp]);

    public static HealthWarning NotInMapPoll() => new(
        HealthTracker.NotInMapPoll, "medium", "Out of sync",
        "Unable to connect to the Tailscale coordination server to synchronize the state of your tailnet. Peer reachability might "
            + "degrade over time.",
        Now, null, ["network-status", HealthTracker.WantRunningFalse, HealthTracker.WarmingUp]);

    public static HealthWarning StateStore(string error) => new(
        HealthTracker.StateStoreHealth, "high", "Tailscale state store failed to initialize",
        "State store failed to initialize, Tailscale will not work until this is resolved. See "
            + "https://tailscale.com/s/state-store-init-error. Error: " + error,
        Now, ("error", error), []);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("WarnableCode", Code);
        writer.WriteString("Severity", Severity);
        writer.WriteString("Title", Title);
        writer.WriteString("Text", Text);
        writer.WriteString("BrokenSince", GoTime.Format(BrokenSince));
        if (Argument is { } argument)
        {
            writer.WriteStartObject("Args");
            writer.WriteString(argument.Name, argument.Value);
            writer.WriteEndObject();
        }

        if (DependsOn.Length > 0)
        {
            writer.WriteTexts("DependsOn", DependsOn);
        }

        writer.WriteString("ETag", _etag);
        writer.WriteEndObject();
    }
}
