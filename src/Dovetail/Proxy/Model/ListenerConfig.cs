using Dovetail.Services.Model;

namespace Dovetail.Proxy.Model;

/// <summary>All that a listener serves by; immutable, swapped as a whole while requests run.</summary>
/// <param name="Service">The service with its upstreams.</param>
/// <param name="HostName">The node's full tailnet name without a trailing dot; null before the node knows it.</param>
/// <param name="Https">False: port 80 serves the service in plain HTTP and port 443 closes every connection.</param>
/// <param name="LacksCertificate">HTTPS is demanded, and the tailnet issues no certificates: port 80 says so, for nothing answers on 443.</param>
internal sealed record ListenerConfig(ServiceSpec Service, string? HostName, bool Https, bool LacksCertificate = false);
