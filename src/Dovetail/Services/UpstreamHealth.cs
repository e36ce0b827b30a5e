namespace Dovetail.Services;

/// <summary>What Docker's HEALTHCHECK says of an upstream's container.</summary>
internal enum UpstreamHealth
{
    /// <summary>The container has no HEALTHCHECK.</summary>
    None,
    Starting,
    Healthy,
    Unhealthy,
}
