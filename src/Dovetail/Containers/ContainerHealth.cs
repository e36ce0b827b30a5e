namespace Dovetail.Containers;

/// <summary>What the container's HEALTHCHECK says.</summary>
internal enum ContainerHealth
{
    /// <summary>The container has no HEALTHCHECK.</summary>
    None,
    Starting,
    Healthy,
    Unhealthy,
}
