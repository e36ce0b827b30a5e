namespace Dovetail.EndToEndTests.Harness;

internal sealed record UpstreamStatus(string Container, string Address, string Health, string Route);
