using Dovetail.Services.Model;

namespace Dovetail.Proxy.Identity;

/// <summary>
/// The headers by which an upstream learns who asks: those of <c>tailscale serve</c>, those of the Go Dovetail, and those that applications
/// with a login by header know from other proxies.
/// </summary>
internal static class IdentityHeaders
{
    public static IReadOnlyList<KeyValuePair<string, string>> For(PeerUser? user)
    {
        if (user is null)
        {
            return [];
        }

        var login = EncodedWord.Encode(user.Login);
        var name = EncodedWord.Encode(user.Name);
        return Filled(
        [
            new("Tailscale-User-Login", login),
            new("Tailscale-User-Name", name),
            new("Tailscale-User-Profile-Pic", EncodedWord.Encode(user.ProfilePicture)),
            new("X-Tailscale-User", login),
            new("X-Tailscale-Name", name),
            new("X-Tailscale-Login", login),
            new("X-Tailscale-Tailnet", EncodedWord.Encode(user.Tailnet)),
        ]);
    }

    /// <summary>The same in the words of another proxy. A login of Tailscale is an address, or the name of one elsewhere (<c>ada@github</c>).</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> For(PeerUser? user, LoginHeaders family)
    {
        if (user is null)
        {
            return [];
        }

        var login = EncodedWord.Encode(user.Login);
        var name = EncodedWord.Encode(user.Name);
        return Filled(family switch
        {
            LoginHeaders.RemoteUser => [new("Remote-User", login), new("Remote-Name", name), new("Remote-Email", login)],
            LoginHeaders.AuthRequest =>
            [
                new("X-Auth-Request-User", login), new("X-Auth-Request-Preferred-Username", name), new("X-Auth-Request-Email", login),
            ],
            LoginHeaders.WebAuth =>
            [
                new("X-WEBAUTH-USER", login), new("X-WEBAUTH-NAME", name), new("X-WEBAUTH-FULLNAME", name), new("X-WEBAUTH-EMAIL", login),
            ],
            _ => [],
        });
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Filled(KeyValuePair<string, string>[] headers) =>
        [.. headers.Where(static header => header.Value.Length > 0)];
}
