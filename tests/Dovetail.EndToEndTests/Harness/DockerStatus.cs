namespace Dovetail.EndToEndTests.Harness;

internal sealed record DockerStatus(bool Connected, string? Error);
