using System.Net;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>The command line of <c>tailscaled</c>.</summary>
internal sealed record DaemonOptions
{
    private static readonly HashSet<string> Booleans = [
        "cleanup", "encrypt-state", "hardware-attestation", "no-logs-no-support", "version"];
    private static readonly HashSet<string> Others =
        [
            "bird-socket", "config", "debug", "outbound-http-proxy-listen", "port", "socket", "socks5-server", "state", "statedir", "tun",
            "verbose"];

    public bool Version { get; private init; }

    public string Socket { get; private init; } = "";

    public string State { get; private init; } = "";

    public string StateDirectory { get; private init; } = "";

    public string Socks5Server { get; private init; } = "";

    public string OutboundHttpProxy { get; private init; } = "";

    public bool NoLogs { get; private init; }

    public IReadOnlyList<string> Arguments { get; private init; } = [];

    /// <summary>True for <c>--state=mem:</c>.</summary>
    public bool InMemory => State == "mem:";

    public string StatePath =>
        State.Length > 0 ? State : StateDirectory.Length > 0 ? Path.Combine(
            StateDirectory, "tailscaled.state") : "/var/lib/tailscale/tailscaled.state";

    /// <summary>Where certificates and files are kept: the state directory, or that of the state file.</summary>
    public string VarRoot => StateDirectory.Length > 0 ? StateDirectory : InMemory ? "" : Path.GetDirectoryName(StatePath)!;

    /// <exception cref="GoFlagException">Refused as Go's flag package does.</exception>
    public static DaemonOptions Parse(IReadOnlyList<string> arguments)
    {
        GoFlags flags = GoFlags.Parse(arguments, Booleans, Others);
        string port = flags.Text("port", "0");
        if (!ushort.TryParse(port, System.Globalization.CultureInfo.InvariantCulture, out _))
        {
            throw new GoFlagException($"invalid value \"{port}\" for flag -port: not a valid number");
        }

        string verbose = flags.Text("verbose", "0");
        if (!int.TryParse(verbose, System.Globalization.CultureInfo.InvariantCulture, out _))
        {
            throw new GoFlagException($"invalid value \"{verbose}\" for flag -verbose: parse error");
        }

        return new DaemonOptions
        {
            Version = flags.IsSet("version"),
            Socket = flags.Text("socket", "/var/run/tailscale/tailscaled.sock"),
            State = flags.Text("state"),
            StateDirectory = flags.Text("statedir"),
            Socks5Server = flags.Text("socks5-server"),
            OutboundHttpProxy = flags.Text("outbound-http-proxy-listen"),
            NoLogs = flags.IsSet("no-logs-no-support"),
            Arguments = flags.Arguments,
        };
    }

    /// <summary>Where the SOCKS5 server listens; null: there is none.</summary>
    public IPEndPoint? SocksAddress() => AddressOf(Socks5Server);

    /// <summary>Where the outbound HTTP proxy listens; null: there is none.</summary>
    public IPEndPoint? HttpProxyAddress() => AddressOf(OutboundHttpProxy);

    // "localhost" is 127.0.0.1, no host means every address.
    private static IPEndPoint? AddressOf(string text) => text.Length == 0
        ? null
        : IPEndPoint.Parse(text.StartsWith(':') ? "0.0.0.0" + text : text.Replace("localhost", "127.0.0.1", StringComparison.Ordinal));
}
