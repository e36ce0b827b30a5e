using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary>The flags of <c>up</c>.</summary>
internal sealed class UpFlags
{
    public const string DefaultServer = "https://controlplane.tailscale.com";

    private static readonly HashSet<string> Booleans =
        [
            "reset", "json", "qr", "force-reauth", "accept-dns", "accept-routes", "shields-up", "ssh", "advertise-exit-node",
            "exit-node-allow-lan-access", "snat-subnet-routes", "stateful-filtering", "advertise-connector"];

    private static readonly HashSet<string> Others =
        [
            "auth-key", "authkey", "hostname", "login-server", "timeout", "advertise-tags", "operator", "advertise-routes", "exit-node",
            "netfilter-mode", "accept-risk"];

    private readonly GoFlags _flags;

    /// <exception cref="GoFlagException">Refused as Go's flag package does.</exception>
    public UpFlags(IReadOnlyList<string> arguments)
    {
        _flags = GoFlags.Parse(arguments, Booleans, Others);
        string timeout = _flags.Text("timeout", "0s");
        if (!GoDuration.TryParse(timeout, out TimeSpan parsed))
        {
            throw new GoFlagException($"invalid value \"{timeout}\" for flag -timeout: parse error");
        }

        Timeout = parsed;
    }

    public IReadOnlyList<string> Arguments => _flags.Arguments;

    /// <summary>Flags given, in their order.</summary>
    public IReadOnlyList<string> Given => _flags.Names;

    /// <summary>Zero for none.</summary>
    public TimeSpan Timeout { get; }

    public bool Reset => _flags.IsSet("reset");

    public bool Json => _flags.IsSet("json");

    public bool ForceReauth => _flags.IsSet("force-reauth");

    public string AuthKeyOrFile => _flags.Text("auth-key", _flags.Text("authkey"));

    public string Hostname => _flags.Text("hostname");

    public string LoginServer => _flags.Text("login-server", DefaultServer);

    public bool AcceptDns => _flags.IsSet("accept-dns", otherwise: true);

    public bool AcceptRoutes => _flags.IsSet("accept-routes");

    public bool ShieldsUp => _flags.IsSet("shields-up");

    public string Operator => _flags.Text("operator");

    public IReadOnlyList<string> Tags => _flags.Text("advertise-tags") is { Length: > 0 } tags ? tags.Split(',') : [];

    public bool Has(string name) => _flags.Has(name);

    public string Text(string name) => _flags.Text(name);

    /// <summary>The key itself: <c>file:</c> is read and trimmed.</summary>
    /// <exception cref="CliException">The file cannot be read.</exception>
    public string ReadAuthKey()
    {
        if (!AuthKeyOrFile.StartsWith("file:", StringComparison.Ordinal))
        {
            return AuthKeyOrFile;
        }

        string path = AuthKeyOrFile["file:".Length..];
        if (Directory.Exists(path))
        {
            throw new CliException($"read {path}: is a directory");
        }

        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException failure)
        {
            throw new CliException(GoSocketError.Describe(failure, path), failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new CliException($"open {path}: permission denied", failure);
        }
    }
}
