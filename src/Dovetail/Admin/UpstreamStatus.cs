namespace Dovetail.Admin;

/// <summary>One container that serves.</summary>
/// <param name="Address">Scheme, host and port by which Dovetail reaches it.</param>
/// <param name="Health">None, Starting, Healthy or Unhealthy, as Docker says, or Stopping.</param>
/// <param name="Route">Why it is reached there.</param>
internal sealed record UpstreamStatus(string Container, string Address, string Health, string Route);
