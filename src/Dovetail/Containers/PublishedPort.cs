namespace Dovetail.Containers;

/// <summary>A TCP port of a container that is published on its host.</summary>
/// <param name="ContainerPort">1–65535.</param>
/// <param name="HostIp">The address it is bound to: <c>0.0.0.0</c>, <c>::</c> or one of the host's.</param>
/// <param name="HostPort">1–65535.</param>
internal sealed record PublishedPort(int ContainerPort, string HostIp, int HostPort);
