namespace Dovetail.Proxy.Identity;

/// <summary>The person behind a peer.</summary>
/// <param name="Login">Login name, as a rule an address: <c>ada@example.com</c>.</param>
/// <param name="Name">Display name; any Unicode text, may be empty.</param>
/// <param name="ProfilePicture">URL of a picture; may be empty.</param>
/// <param name="Tailnet">Name of the tailnet; may be empty.</param>
internal sealed record PeerUser(string Login, string Name, string ProfilePicture, string Tailnet);
