namespace Dovetail.Nodes.Facts;

/// <summary>Something about a node that a person should know.</summary>
/// <param name="Id">Stable id in kebab case, for scripts and alerts.</param>
/// <param name="Text">What is the case, in one line.</param>
/// <param name="Fix">What to do about it, in one line.</param>
internal sealed record Condition(string Id, Severity Severity, string Text, string Fix);
