using Dovetail.Common;

namespace Dovetail.Containers;

/// <summary>Which Engines are configured.</summary>
/// <param name="HasHome">Whether there is one of <c>DOCKER_HOST</c>, whose containers go by their plain names.</param>
/// <param name="Further">Names of the others.</param>
internal sealed record EngineNames(bool HasHome, EquatableArray<string> Further)
{
    public static EngineNames HomeOnly { get; } = new(true, []);
}
