using System.Text.Json.Serialization;

namespace Dovetail.Docker.Api;

/// <summary>The parts of the Engine's JSON that Dovetail reads; all else is skipped.</summary>
[JsonSerializable(typeof(VersionResponse))]
[JsonSerializable(typeof(IReadOnlyList<ContainerListResponse>))]
[JsonSerializable(typeof(ContainerInspectResponse))]
[JsonSerializable(typeof(NetworkResponse))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(ErrorResponse))]
internal sealed partial class DockerJsonContext : JsonSerializerContext;
