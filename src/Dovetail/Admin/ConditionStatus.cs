namespace Dovetail.Admin;

/// <summary>Something a person should know about a service.</summary>
/// <param name="Id">Stable id.</param>
/// <param name="Severity">Notice or Problem.</param>
/// <param name="Text">What is the case.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record ConditionStatus(string Id, string Severity, string Text, string Fix);
