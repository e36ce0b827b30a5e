using System.Globalization;
using System.Text.RegularExpressions;
using Dovetail.Common;

namespace Dovetail.Tailscale;

/// <summary>What a text of tailscaled, of its commands or of the control server says is wrong with a login.</summary>
internal enum TailscaleError
{
    /// <summary>Anything else; the text says what.</summary>
    Other,

    /// <summary>The node did not run in time; the daemon goes on trying.</summary>
    TimedOut,

    /// <summary>tailscaled cannot write its state.</summary>
    StateUnusable,

    /// <summary>An OAuth client secret was given without tags.</summary>
    TagsNeeded,

    /// <summary>The control server does not grant the tags.</summary>
    TagsRefused,

    /// <summary>The control server does not take the key.</summary>
    KeyRefused,

    /// <summary>The control server asks for fewer logins.</summary>
    RateLimited,

    /// <summary>The control server does not answer.</summary>
    ControlUnreachable,
}

/// <summary>
/// Every text of tailscaled, <c>tailscale</c>, the control server and the certificate authority that code goes by; they have
/// no error codes. Recorded with 1.96.5 and 1.102.3 (the stand-in's Recordings hold most of them).
/// </summary>
internal static partial class TailscaleErrors
{
    /// <summary>Health warning with the reason why the node is not logged in.</summary>
    public const string LoginWarning = "login-state";

    /// <summary>Health warning: tailscaled cannot use its state directory.</summary>
    public const string StateWarning = "state-store-health";

    /// <summary>Health warning: no relay is connected.</summary>
    public const string RelayWarning = "no-derp-connection";

    /// <summary>Begins the text that stands for the answer of a command that was ended at its deadline.</summary>
    public const string NoAnswer = "no answer within ";

    // Milliseconds; the texts come from servers.
    private const int MatchTimeout = 1000;

    private const string LoginErrorPrefix = "You are logged out. The last login error was: ";
    private const string BackendErrorPrefix = "backend error: ";

    // In this order: the first that fits is meant. The control server's own texts in any case, because there are several servers.
    private static readonly (TailscaleError Kind, string Text, StringComparison Case)[] Texts =
    [
        (TailscaleError.TimedOut, "timeout waiting for Tailscale service", StringComparison.Ordinal),
        (TailscaleError.TimedOut, NoAnswer, StringComparison.Ordinal),
        (TailscaleError.StateUnusable, "no space left", StringComparison.Ordinal),
        (TailscaleError.StateUnusable, "state store is unhealthy", StringComparison.Ordinal),
        (TailscaleError.TagsNeeded, "--advertise-tags", StringComparison.Ordinal),
        (TailscaleError.TagsRefused, "requested tags", StringComparison.OrdinalIgnoreCase),
        (TailscaleError.KeyRefused, "invalid key", StringComparison.OrdinalIgnoreCase),
        (TailscaleError.KeyRefused, "auth key", StringComparison.OrdinalIgnoreCase),
        // Headscale: "authkey already used", "authkey expired".
        (TailscaleError.KeyRefused, "authkey ", StringComparison.OrdinalIgnoreCase),
        (TailscaleError.RateLimited, "http 429", StringComparison.Ordinal),
        (TailscaleError.RateLimited, "registration rate limited", StringComparison.Ordinal),
        (TailscaleError.ControlUnreachable, "fetch control key", StringComparison.Ordinal),
        (TailscaleError.ControlUnreachable, "dial ", StringComparison.Ordinal),
        (TailscaleError.ControlUnreachable, "connect", StringComparison.Ordinal),
        (TailscaleError.ControlUnreachable, "lookup ", StringComparison.Ordinal),
        (TailscaleError.ControlUnreachable, "EOF", StringComparison.Ordinal),
    ];

    /// <summary>What an error of <c>tailscale up</c> or of the login says.</summary>
    public static TailscaleError KindOf(string text) =>
        Texts.FirstOrDefault(known => text.Contains(known.Text, known.Case)).Kind;

    /// <summary>The control server's reason out of the text of <see cref="LoginWarning"/>; null when it gives none.</summary>
    public static string? LoginError(string warning) =>
        warning.StartsWith(LoginErrorPrefix, StringComparison.Ordinal) ? warning[LoginErrorPrefix.Length..] : null;

    /// <summary>
    /// When tailscaled registers again by itself after the control server limited its registrations (1.98 and newer keep to the server's
    /// Retry-After; older ones try again at once and name no time).
    /// </summary>
    /// <returns>Null when the text names no time.</returns>
    public static TimeSpan? RegistersAgainAfter(string text) =>
        DurationSyntax.TryParse(WillRetryAfter().Match(text).Groups["time"].Value, out var time) ? time : null;

    /// <summary>Whether a health warning says that tailnet lock keeps the node out.</summary>
    public static bool SaysTailnetLock(string warning) => Says(warning, "tailnet lock") || Says(warning, "locked out");

    /// <summary>
    /// Whether a line of tailscaled's log says that the control server does not know the machine: <c>PollNetMap: initial fetch failed 404:
    /// node not found</c> (400 in an older recording), or <c>lite map update error</c> with the same reason (Headscale 0.29).
    /// </summary>
    public static bool SaysMachineGone(string line) =>
        Says(line, "node not found") && (Says(line, "initial fetch failed") || Says(line, "map update error"));

    /// <summary>Whether a key was refused because it is too old.</summary>
    public static bool SaysExpired(string refusal) => Says(refusal, "expired");

    /// <summary>Whether a key was refused because it was used before or revoked.</summary>
    public static bool SaysNotValid(string refusal) => Says(refusal, "not valid") || Says(refusal, "already used");

    /// <summary>Whether an error of <c>tailscale cert</c> is a rate limit of the certificate authority.</summary>
    public static bool SaysCertificateLimit(string line) => Says(line, "rateLimited") || TooManyRequests().IsMatch(line);

    /// <summary>
    /// When the certificate authority will take the next order. Let's Encrypt writes it into the text; the Retry-After header, which
    /// tailscaled passes on since 1.102, is not shown by the command.
    /// </summary>
    /// <returns>Null when the text names no time.</returns>
    public static DateTimeOffset? RetryAt(string line)
    {
        const string format = "yyyy-MM-dd HH:mm:ss";
        var time = RetryAfter().Match(line).Groups["time"].Value;
        var isTime = DateTimeOffset.TryParseExact(time, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at);
        return isTime ? at : null;
    }

    /// <summary>The reason out of what a failed command wrote to standard error; other lines may come before it.</summary>
    public static string LastLine(string error) => error.Split('\n').LastOrDefault(static line => line.Length > 0) ?? "no reason given";

    /// <summary>An error of <c>tailscale up</c> without the words that mark it as the daemon's.</summary>
    public static string WithoutBackendError(string line) =>
        line.StartsWith(BackendErrorPrefix, StringComparison.Ordinal) ? line[BackendErrorPrefix.Length..] : line;

    /// <summary>An error of <c>tailscale cert</c> without the status line of tailscaled's answer.</summary>
    public static string WithoutStatus(string line) => StatusLine().Replace(line, "", 1);

    private static bool Says(string text, string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"retry after (?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex RetryAfter();

    [GeneratedRegex("will retry after (?<time>[0-9a-z.]+)", RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex WillRetryAfter();

    // The status code alone, not the digits of an address, a port or an order.
    [GeneratedRegex(@"(^|\s)429(:?\s|$)", RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex TooManyRequests();

    [GeneratedRegex(@"^[45]\d\d [A-Z][A-Za-z ]+: ", RegexOptions.ExplicitCapture, MatchTimeout)]
    private static partial Regex StatusLine();
}
