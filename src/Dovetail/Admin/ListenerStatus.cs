namespace Dovetail.Admin;

/// <summary>Where the service's listener listens.</summary>
internal sealed record ListenerStatus(string Https, string Http);
