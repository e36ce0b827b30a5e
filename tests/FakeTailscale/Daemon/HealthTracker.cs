using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>The warnings of a daemon. Not thread-safe: guarded by the backend.</summary>
internal sealed class HealthTracker
{
    public const string WantRunningFalse = "wantrunning-false";
    public const string WarmingUp = "warming-up";
    public const string LoginState = "login-state";
    public const string NotInMapPoll = "not-in-map-poll";
    public const string StateStoreHealth = "state-store-health";

    private readonly SortedDictionary<string, HealthWarning> _warnings = new(StringComparer.Ordinal);

    /// <summary>The texts as status gives them; an immutable copy.</summary>
    public IReadOnlyList<string> Texts => [.. _warnings.Values.Select(static warning => warning.Text)];

    public bool Has(string code) => _warnings.ContainsKey(code);

    public void Set(HealthWarning warning)
    {
        if (_warnings.TryGetValue(warning.Code, out HealthWarning? known) && known.Text == warning.Text)
        {
            return;
        }

        DaemonLog.Line($"health(warnable={warning.Code}): error: {warning.Text}");
        _warnings[warning.Code] = warning;
    }

    /// <returns>True when there was such a warning.</returns>
    public bool Clear(string code)
    {
        if (!_warnings.Remove(code))
        {
            return false;
        }

        DaemonLog.Line($"health(warnable={code}): ok");
        return true;
    }

    /// <summary>The value of <c>Health</c> on the bus.</summary>
    public byte[] Document() => Json.Line(writer =>
    {
        writer.WriteStartObject();
        if (_warnings.Count == 0)
        {
            writer.WriteNull("Warnings");
        }
        else
        {
            writer.WriteStartObject("Warnings");
            foreach (HealthWarning warning in _warnings.Values)
            {
                writer.WritePropertyName(warning.Code);
                warning.Write(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });
}
