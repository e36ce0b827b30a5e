namespace Dovetail.Tailscale;

/// <summary>What a failed <c>tailscale up</c> said.</summary>
/// <param name="Text">The command's own words, in one line.</param>
internal sealed record UpFailure(UpFailureKind Kind, string Text)
{
    private const string BackendError = "backend error: ";

    /// <summary>Reads standard error (<c>02-up/</c>).</summary>
    public static UpFailure From(string error)
    {
        var line = error.Split('\n').LastOrDefault(static line => line.Length > 0) ?? "no reason given";
        var text = line.StartsWith(BackendError, StringComparison.Ordinal) ? line[BackendError.Length..] : line;
        return new UpFailure(KindOf(line, text), text);
    }

    /// <summary>Whether a text of the control server says that it refuses the key.</summary>
    public static bool SaysKeyRefused(string text) =>
        text.Contains("invalid key", StringComparison.OrdinalIgnoreCase) || text.Contains("auth key", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text of the control server says that it refuses the tags.</summary>
    public static bool SaysTagsRefused(string text) =>
        text.Contains("requested tags", StringComparison.OrdinalIgnoreCase)
        || text.Contains("--advertise-tags", StringComparison.Ordinal);

    private static UpFailureKind KindOf(string line, string text)
    {
        if (line.StartsWith("timeout waiting", StringComparison.Ordinal) || line.StartsWith("no end after", StringComparison.Ordinal))
        {
            return UpFailureKind.TimedOut;
        }

        if (SaysTagsRefused(text))
        {
            return UpFailureKind.TagsRefused;
        }

        return SaysKeyRefused(text) ? UpFailureKind.KeyRefused : UpFailureKind.Other;
    }
}
