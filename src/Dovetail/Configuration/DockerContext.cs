using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dovetail.Common;

namespace Dovetail.Configuration;

/// <summary>
/// The Engine that the <c>docker</c> command of this user would talk to, as <c>docker context use</c> has chosen it: rootless Docker,
/// Docker Desktop and Colima are found by it.
/// </summary>
/// <param name="Name">Of the context, fit to print.</param>
/// <param name="Host">As in <c>DOCKER_HOST</c>; null when there is a <paramref name="Problem"/>.</param>
/// <param name="CertPath">As in <c>DOCKER_CERT_PATH</c>; null: no TLS.</param>
/// <param name="VerifiesTls">Whether the Engine's certificate is checked.</param>
/// <param name="Problem">Why the context cannot be used, and what to do.</param>
internal sealed record DockerContext(string Name, string? Host, string? CertPath, bool VerifiesTls, string? Problem)
{
    private const string Default = "default";
    private const string Endpoint = "docker";

    /// <param name="variables">Value of an environment variable; null: not set.</param>
    /// <returns>Null: there is no context but the default one.</returns>
    public static DockerContext? Current(Func<string, string?> variables)
    {
        var directory = Value(variables, "DOCKER_CONFIG")
            ?? (Value(variables, "HOME") is { } home ? Path.Combine(home, ".docker") : null);
        if (directory is null)
        {
            return null;
        }

        var name = Value(variables, "DOCKER_CONTEXT") ?? Text(Read(Path.Combine(directory, "config.json")), "currentContext");
        return name is null or "" or Default ? null : Load(Path.Combine(directory, "contexts"), name);
    }

    // By the layout of the docker command's store: each context under the SHA-256 of its name.
    private static DockerContext Load(string store, string name)
    {
        var shown = Printable.Text(name);
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        var file = Path.Combine(store, "meta", id, "meta.json");
        var endpoint = Member(Member(Read(file), "Endpoints"), Endpoint);
        if (Text(endpoint, "Host") is not { Length: > 0 } host)
        {
            return Unusable($"{file} cannot be read or names no Engine");
        }

        if (!host.StartsWith("unix://", StringComparison.Ordinal) && !host.StartsWith("tcp://", StringComparison.Ordinal))
        {
            return Unusable($"its Engine is at {Printable.Text(host.Split("://")[0])}://, which Dovetail does not speak");
        }

        var certificates = Path.Combine(store, "tls", id, Endpoint);
        return new DockerContext(
            shown,
            host,
            Directory.Exists(certificates) ? certificates : null,
            Member(endpoint, "SkipTLSVerify") is not { ValueKind: JsonValueKind.True },
            null);

        DockerContext Unusable(string why) => new(
            shown, null, null, false, $"docker context {shown}: {why}; set DOCKER_HOST, or choose another one (docker context use)");
    }

    private static JsonElement? Read(string file)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            return document.RootElement.Clone();
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement? parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static string? Value(Func<string, string?> variables, string name) =>
        variables(name)?.Trim() is { Length: > 0 } value ? value : null;
}
