using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Http;

namespace FakeTailscale.Cli;

/// <summary>
/// An OAuth client secret in the place of an auth key. The real CLI asks https://api.tailscale.com for a key; the stand-in asks the login
/// server, or the <c>baseURL</c> attribute of the secret.
/// </summary>
internal static class OAuthKey
{
    /// <exception cref="CliException">No tags, or no key to be had.</exception>
    public static async Task<string> ResolveAsync(
        string key, IReadOnlyList<string> tags, string loginServer, CancellationToken cancellation)
    {
        if (!key.StartsWith("tskey-client-", StringComparison.Ordinal))
        {
            return key;
        }

        if (tags.Count == 0)
        {
            throw new CliException("oauth authkeys require --advertise-tags");
        }

        string[] parts = key.Split('?', 2);
        Dictionary<string, string> attributes = (parts.Length > 1 ? parts[1] : "").Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(static attribute => attribute.Split('=', 2))
                .ToDictionary(static pair => pair[0], static pair => pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "");
        string baseUrl = attributes.GetValueOrDefault("baseURL", loginServer).TrimEnd('/');
        byte[] body = Json.Line(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("secret", parts[0]);
            writer.WriteTexts("tags", tags);
            writer.WriteBoolean("ephemeral", attributes.GetValueOrDefault("ephemeral", "true") == "true");
            writer.WriteBoolean("preauthorized", attributes.GetValueOrDefault("preauthorized", "false") == "true");
            writer.WriteEndObject();
        });
        try
        {
            using HttpReply reply = await HttpCall.SendAsync(
                ServerAddress.EndPoint(baseUrl), "POST", "/api/v2/tailnet/-/keys", ServerAddress.HostPort(baseUrl), body, cancellation);
            byte[] answer = await reply.ReadBodyAsync(cancellation);
            if (reply.Status != 200)
            {
                throw new CliException(
                    $"Post \"{baseUrl}/api/v2/tailnet/-/keys\": oauth2: cannot fetch token: {reply.StatusLine}\nResponse: "
                        + $"{Encoding.UTF8.GetString(answer).Trim()}");
            }

            using JsonDocument document = JsonDocument.Parse(answer);
            return document.RootElement.Text("key");
        }
        catch (SocketException failure)
        {
            throw new CliException(
                $"Post \"{baseUrl}/api/v2/tailnet/-/keys\": Post \"{baseUrl}/api/v2/oauth/token\": dial tcp "
                    + $"{ServerAddress.HostPort(baseUrl)}: {GoSocketError.Describe(failure.SocketErrorCode)}");
        }
    }
}
