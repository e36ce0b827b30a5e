namespace Dovetail.Nodes.Facts;

/// <summary>Whether a condition keeps the service from serving.</summary>
internal enum Severity
{
    /// <summary>Worth knowing; the service works.</summary>
    Notice,

    /// <summary>Something does not work, or soon will not.</summary>
    Problem,
}
