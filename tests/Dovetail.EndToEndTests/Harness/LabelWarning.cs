namespace Dovetail.EndToEndTests.Harness;

internal sealed record LabelWarning(string Container, string? Service, string Text);
