namespace Dovetail.Processes;

/// <summary>A child could not be started; the message names the file and what to do.</summary>
internal sealed class ChildStartException(string fileName, Exception cause)
    : Exception($"cannot start {fileName}: {cause.Message}", cause);
