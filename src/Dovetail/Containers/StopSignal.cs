using System.Globalization;

namespace Dovetail.Containers;

/// <summary>Numbers of the signals that images name as their <c>STOPSIGNAL</c> (signal(7); the same on amd64 and arm64).</summary>
internal static class StopSignal
{
    public const int Kill = 9;
    public const int Terminate = 15;

    // SIGRTMIN, as the C library counts it.
    private const int RealTimeMin = 34;

    private static readonly string[] Names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <param name="text">Name, with or without <c>SIG</c>, or number, as the Engine gives it.</param>
    /// <returns>The signal's number; null when the text names none.</returns>
    public static int? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        if (name.StartsWith("RTMIN", StringComparison.OrdinalIgnoreCase))
        {
            var offset = 0;
            return name.Length == 5 || int.TryParse(name[5..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out offset)
                ? RealTimeMin + offset
                : null;
        }

        var index = Array.FindIndex(Names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : index + 1;
    }
}
