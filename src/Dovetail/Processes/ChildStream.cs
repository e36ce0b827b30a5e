namespace Dovetail.Processes;

/// <summary>Which of a child's two outputs a line came from.</summary>
internal enum ChildStream
{
    Output,
    Error,
}
