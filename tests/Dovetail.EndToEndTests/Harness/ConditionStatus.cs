namespace Dovetail.EndToEndTests.Harness;

/// <param name="Id">Stable name of the condition.</param>
/// <param name="Severity">Notice or Problem.</param>
/// <param name="Text">What happened.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record ConditionStatus(string Id, string Severity, string Text, string Fix);
