using System.Globalization;
using System.Net;
using Dovetail.Common;

namespace Dovetail.Docker;

/// <summary>Reads <c>DOVETAIL_DOCKER_HOSTS</c>: the Engines besides that of <c>DOCKER_HOST</c>.</summary>
internal static class EngineList
{
    public const string Variable = "DOVETAIL_DOCKER_HOSTS";

    // Nobody has more by intent.
    private const int MaxEngines = 32;
    private const int MaxNameLength = 32;
    private const int MaxUserLength = 64;
    private const string SshPrefix = "ssh://";
    private const string Forms = "use NAME=unix:///path/to/docker.sock, NAME=tcp://host:port or NAME=ssh://user@host, with commas between";

    private static readonly char[] Separators = [',', ' ', '\t', '\r', '\n'];

    /// <param name="text">Null: there are none.</param>
    /// <param name="home">The Engine of <c>DOCKER_HOST</c>; null: it is not known.</param>
    /// <param name="tlsVerify">What <c>DOCKER_TLS_VERIFY</c> says.</param>
    /// <param name="certPath">What <c>DOCKER_CERT_PATH</c> says; its own mistakes are those of <c>DOCKER_HOST</c>.</param>
    /// <returns>In the order of the list; each error names the entry and the fix.</returns>
    public static (EquatableArray<DockerEndpoint> Engines, EquatableArray<string> Errors) Parse(
        string? text, DockerEndpoint? home, string? tlsVerify, string? certPath)
    {
        var (engines, errors) = (new List<DockerEndpoint>(), new List<string>());
        var entries = (text ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        if (entries.Length > MaxEngines)
        {
            errors.Add($"{Variable} names {entries.Length} Engines: name at most {MaxEngines}.");
        }

        var tls = DockerEndpoint.ParseTls(tlsVerify, certPath, []);
        foreach (var (place, entry) in entries.Take(MaxEngines).Index())
        {
            var shown = string.Create(CultureInfo.InvariantCulture, $"{Variable}: its entry number {place + 1}");
            if (Read(shown, entry, errors) is not { } endpoint)
            {
                continue;
            }

            endpoint = endpoint.With(tls);
            if (engines.Find(other => other.Engine == endpoint.Engine) is not null)
            {
                errors.Add($"{shown} has the name {endpoint.Engine} once more: give each Engine a name of its own.");
            }
            else if (endpoint with { Engine = null } == home)
            {
                errors.Add($"{shown} is the Engine of DOCKER_HOST, {home}: remove it, or set DOCKER_HOST=none.");
            }
            else if (engines.Find(other => other with { Engine = null } == endpoint with { Engine = null }) is { } same)
            {
                errors.Add($"{shown} has the address of {same.Engine}, {same}: name each Engine once.");
            }
            else
            {
                engines.Add(endpoint);
            }
        }

        return (engines.ToEquatableArray(), errors.ToEquatableArray());
    }

    /// <summary>Whether an Engine may be called so.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name != "none"
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static DockerEndpoint? Read(string shown, string entry, List<string> errors)
    {
        if (entry.Split('=', 2) is not [var name, var url])
        {
            // Without a name all of it may be an address, with a password in it.
            errors.Add($"{shown} has no name: {Forms}.");
            return null;
        }

        if (!IsName(name))
        {
            var what = name.Contains('@') ? "a name (not shown, it may hold a password)" : $"the name {Printable.Text(name)}";
            errors.Add(
                $"{shown} has {what}, which no Engine can have: give 1 to {MaxNameLength} lower-case letters, digits or hyphens, but not none.");
            return null;
        }

        shown = $"{shown}, {name},";
        var endpoint = url.StartsWith(SshPrefix, StringComparison.Ordinal)
            ? ReadSsh(shown, url, errors)
            : DockerEndpoint.ParseHost(shown, url, Forms, errors);
        return endpoint is null ? null : endpoint with { Engine = name };
    }

    private static DockerEndpoint? ReadSsh(string shown, string url, List<string> errors)
    {
        const string form = "use ssh://host, ssh://user@host or ssh://user@host:port";
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != "ssh" || !IsHost(uri.IdnHost) || uri.Port == 0)
        {
            errors.Add($"{shown} is no address of a host: {form}.");
            return null;
        }

        if (uri.UserInfo.Contains(':'))
        {
            errors.Add($"{shown} holds a password, which is not shown: ssh takes a key, so {form}.");
            return null;
        }

        // These words go to a program that takes what begins with a hyphen for an option.
        if (uri.UserInfo.Length > 0 && !IsUser(uri.UserInfo))
        {
            errors.Add($"{shown} names a user, not shown, with characters that no user of a host has: {form}.");
            return null;
        }

        // What docker itself takes no notice of, or takes for the socket there.
        if (uri.AbsolutePath.Length > 1 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            errors.Add(
                $"{shown} holds more than a user, a host and a port: {form}; which Engine it is there, its user's environment says.");
            return null;
        }

        return new DockerEndpoint
        {
            Host = uri.IdnHost,
            Port = Math.Max(uri.Port, 0),
            Ssh = new SshLogin(uri.UserInfo.Length > 0 ? uri.UserInfo : null),
        };
    }

    private static bool IsHost(string host) =>
        IPAddress.TryParse(host, out _)
        || (host.Length is > 0 and <= 253
            && char.IsAsciiLetterOrDigit(host[0])
            && host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));

    private static bool IsUser(string user) =>
        user.Length <= MaxUserLength
        && (char.IsAsciiLetterOrDigit(user[0]) || user[0] == '_')
        && user.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+');
}
