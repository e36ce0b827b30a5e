namespace Dovetail.EndToEndTests.Harness;

internal sealed record TailscaledStatus(int? Pid, int Restarts, IReadOnlyList<string> LastWords);
