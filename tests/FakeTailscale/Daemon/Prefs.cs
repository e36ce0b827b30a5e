using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>
/// The preferences that this stand-in knows; the others keep the values recorded in prefs-running.json.
/// </summary>
internal sealed record Prefs
{
    public string ControlUrl { get; init; } = "";

    public bool AcceptRoutes { get; init; }

    public bool AcceptDns { get; init; } = true;

    public bool WantRunning { get; init; }

    public bool LoggedOut { get; init; } = true;

    public bool ShieldsUp { get; init; }

    public IReadOnlyList<string> AdvertiseTags { get; init; } = [];

    public string Hostname { get; init; } = "";

    public string OperatorUser { get; init; } = "";

    public NodeIdentity? Identity { get; init; }

    /// <summary>Reads a whole document; what it does not name is false or empty.</summary>
    public static Prefs Read(JsonElement document) => new()
    {
        ControlUrl = document.Text("ControlURL"),
        AcceptRoutes = document.IsTrue("RouteAll"),
        AcceptDns = document.IsTrue("CorpDNS"),
        WantRunning = document.IsTrue("WantRunning"),
        LoggedOut = document.IsTrue("LoggedOut"),
        ShieldsUp = document.IsTrue("ShieldsUp"),
        AdvertiseTags = document.Texts("AdvertiseTags"),
        Hostname = document.Text("Hostname"),
        OperatorUser = document.Text("OperatorUser"),
        Identity = document.TryGetProperty("Config", out JsonElement config) ? NodeIdentity.Read(config) : null,
    };

    /// <summary>Takes over the fields whose <c>…Set</c> flag is true.</summary>
    public Prefs With(JsonElement mask)
    {
        Prefs given = Read(mask);
        return this with
        {
            ControlUrl = mask.IsTrue("ControlURLSet") ? given.ControlUrl : ControlUrl,
            AcceptRoutes = mask.IsTrue("RouteAllSet") ? given.AcceptRoutes : AcceptRoutes,
            AcceptDns = mask.IsTrue("CorpDNSSet") ? given.AcceptDns : AcceptDns,
            WantRunning = mask.IsTrue("WantRunningSet") ? given.WantRunning : WantRunning,
            LoggedOut = mask.IsTrue("LoggedOutSet") ? given.LoggedOut : LoggedOut,
            ShieldsUp = mask.IsTrue("ShieldsUpSet") ? given.ShieldsUp : ShieldsUp,
            AdvertiseTags = mask.IsTrue("AdvertiseTagsSet") ? given.AdvertiseTags : AdvertiseTags,
            Hostname = mask.IsTrue("HostnameSet") ? given.Hostname : Hostname,
            OperatorUser = mask.IsTrue("OperatorUserSet") ? given.OperatorUser : OperatorUser,
        };
    }

    public bool SameAs(Prefs other) =>
        this with { AdvertiseTags = [] } == other with { AdvertiseTags = [] } && AdvertiseTags.SequenceEqual(other.AdvertiseTags);

    public void Write(Utf8JsonWriter writer, bool secret = false)
    {
        writer.WriteStartObject();
        writer.WriteString("ControlURL", ControlUrl);
        writer.WriteBoolean("RouteAll", AcceptRoutes);
        writer.WriteString("ExitNodeID", "");
        writer.WriteString("ExitNodeIP", "");
        writer.WriteString("InternalExitNodePrior", "");
        writer.WriteBoolean("ExitNodeAllowLANAccess", false);
        writer.WriteBoolean("CorpDNS", AcceptDns);
        writer.WriteBoolean("RunSSH", false);
        writer.WriteBoolean("RunWebClient", false);
        writer.WriteBoolean("WantRunning", WantRunning);
        writer.WriteBoolean("LoggedOut", LoggedOut);
        writer.WriteBoolean("ShieldsUp", ShieldsUp);
        writer.WriteTexts("AdvertiseTags", AdvertiseTags.Count == 0 ? null : AdvertiseTags);
        writer.WriteString("Hostname", Hostname);
        writer.WriteBoolean("NotepadURLs", false);
        writer.WriteNull("AdvertiseRoutes");
        writer.WriteNull("AdvertiseServices");
        writer.WriteNull("Sync");
        writer.WriteBoolean("NoSNAT", false);
        writer.WriteBoolean("NoStatefulFiltering", true);
        writer.WriteNumber("NetfilterMode", 2);
        if (OperatorUser.Length > 0)
        {
            writer.WriteString("OperatorUser", OperatorUser);
        }

        writer.WriteStartObject("AutoUpdate");
        writer.WriteBoolean("Check", true);
        writer.WriteNull("Apply");
        writer.WriteEndObject();
        writer.WriteStartObject("AppConnector");
        writer.WriteBoolean("Advertise", false);
        writer.WriteEndObject();
        writer.WriteBoolean("PostureChecking", false);
        writer.WriteString("NetfilterKind", "");
        writer.WriteNull("DriveShares");
        writer.WriteBoolean("AllowSingleHosts", true);
        if (Identity is { } identity)
        {
            writer.WritePropertyName("Config");
            identity.Write(writer, secret);
        }
        else
        {
            writer.WriteNull("Config");
        }

        writer.WriteEndObject();
    }

    /// <summary>The short form of the daemon's log.</summary>
    public override string ToString()
    {
        string tags = AdvertiseTags.Count == 0 ? "" : $" tags={string.Join(',', AdvertiseTags)}";
        string persist = Identity is { } identity ? $"{{o=, n=[{identity.NodeKey[8..13]}] u=\"{identity.User.LoginName}\" ak=-}}" : "=nil";
        string name = Hostname.Length == 0 ? "" : $" host=\"{Hostname}\"";
        return $"Prefs{{ra={Lower(AcceptRoutes)} dns={Lower(AcceptDns)} want={Lower(WantRunning)} routes=[] statefulFiltering=false{tags} "
            + $"nf=on url=\"{ControlUrl}\"{name} update=check Persist{persist}}}";
    }

    private static string Lower(bool value) => value ? "true" : "false";
}
