using System.ComponentModel;

namespace Dovetail.Processes;

/// <summary>A child could not be started; the message names the file and the system's reason.</summary>
internal sealed class ChildStartException(string fileName, Exception cause)
    : Exception($"cannot start {fileName}: {ReasonOf(cause)}", cause)
{
    // The runtime's own text repeats the file name and adds the working directory.
    private static string ReasonOf(Exception cause) =>
        cause is Win32Exception { NativeErrorCode: not 0 } system ? new Win32Exception(system.NativeErrorCode).Message : cause.Message;
}
