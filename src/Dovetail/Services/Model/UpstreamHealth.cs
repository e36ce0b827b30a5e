namespace Dovetail.Services.Model;

/// <summary>What Docker says of the health of an upstream's container.</summary>
internal enum UpstreamHealth
{
    /// <summary>The container has no HEALTHCHECK.</summary>
    None,
    Starting,
    Healthy,
    Unhealthy,

    /// <summary>Whatever the HEALTHCHECK says, the container has been told to stop.</summary>
    Stopping,
}
