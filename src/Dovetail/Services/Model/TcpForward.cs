namespace Dovetail.Services.Model;

/// <summary>One <c>dovetail.tcp.N</c> label.</summary>
/// <param name="NodePort">Port on the tailnet, 1–65535.</param>
/// <param name="ContainerPort">1–65535.</param>
internal sealed record TcpForward(int NodePort, int ContainerPort);
