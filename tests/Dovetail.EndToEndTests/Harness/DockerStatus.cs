namespace Dovetail.EndToEndTests.Harness;

internal sealed record DockerStatus(string Endpoint, bool Connected, string? Error);
