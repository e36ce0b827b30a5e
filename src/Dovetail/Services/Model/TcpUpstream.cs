namespace Dovetail.Services.Model;

/// <summary>Where raw TCP that reaches the node on <paramref name="NodePort"/> goes in one container.</summary>
/// <param name="NodePort">Port on the tailnet, 1–65535.</param>
/// <param name="Host">IP address (IPv6 without brackets) or host name of the container as Dovetail reaches it.</param>
/// <param name="Port">Port at <paramref name="Host"/>, 1–65535.</param>
internal sealed record TcpUpstream(int NodePort, string Host, int Port);
