namespace Dovetail.Containers;

/// <summary>Labels that Docker Compose and Swarm put on their containers.</summary>
internal static class WellKnownLabels
{
    public const string ComposeProject = "com.docker.compose.project";
    public const string ComposeService = "com.docker.compose.service";

    /// <summary><c>True</c> on a container of <c>docker compose run</c>, which carries all labels of its service.</summary>
    public const string ComposeOneOff = "com.docker.compose.oneoff";

    /// <summary>What a container depends on: <c>SERVICE:CONDITION:RESTART</c>, with commas between.</summary>
    public const string ComposeDependsOn = "com.docker.compose.depends_on";

    public const string SwarmServiceId = "com.docker.swarm.service.id";
    public const string SwarmServiceName = "com.docker.swarm.service.name";
}
