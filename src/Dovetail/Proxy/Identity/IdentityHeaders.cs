namespace Dovetail.Proxy.Identity;

/// <summary>The headers by which an upstream learns who asks: those of <c>tailscale serve</c> and those of the Go Dovetail.</summary>
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
        KeyValuePair<string, string>[] all =
        [
            new("Tailscale-User-Login", login),
            new("Tailscale-User-Name", name),
            new("Tailscale-User-Profile-Pic", EncodedWord.Encode(user.ProfilePicture)),
            new("X-Tailscale-User", login),
            new("X-Tailscale-Name", name),
            new("X-Tailscale-Login", login),
            new("X-Tailscale-Tailnet", EncodedWord.Encode(user.Tailnet)),
        ];
        return [.. all.Where(header => header.Value.Length > 0)];
    }
}
