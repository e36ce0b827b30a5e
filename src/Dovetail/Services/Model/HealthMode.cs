namespace Dovetail.Services.Model;

/// <summary>What a container's HEALTHCHECK means for its requests (<c>dovetail.health</c>).</summary>
internal enum HealthMode
{
    /// <summary>A container that is <c>starting</c> or <c>unhealthy</c> gets no new request while another upstream is better.</summary>
    Wait,

    /// <summary>The HEALTHCHECK is not looked at.</summary>
    Ignore,
}
