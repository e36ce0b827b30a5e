namespace Dovetail.EndToEndTests.Harness;

internal sealed record RejectedContainer(string Container, string? Service, string Reason);
