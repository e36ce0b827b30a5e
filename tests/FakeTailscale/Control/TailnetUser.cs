namespace FakeTailscale.Control;

/// <summary>A user of the tailnet.</summary>
/// <param name="LoginName">Like <c>ada@example.com</c>.</param>
/// <param name="DisplayName">Any text, also beyond ASCII.</param>
/// <param name="ProfilePictureUrl">Empty for none.</param>
public sealed record TailnetUser(string LoginName, string DisplayName, string ProfilePictureUrl);
