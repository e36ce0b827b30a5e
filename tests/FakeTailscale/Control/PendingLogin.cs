namespace FakeTailscale.Control;

/// <summary>A node that waits until somebody logs in.</summary>
/// <param name="Url">The login URL.</param>
/// <param name="Hostname">The host name asked for.</param>
public sealed record PendingLogin(string Url, string Hostname);
