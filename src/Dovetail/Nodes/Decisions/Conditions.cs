using System.Globalization;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>
/// Every condition that a node can be in, with its id, its words and what to do about it; those about its containers are in
/// <see cref="UpstreamConditions"/>.
/// </summary>
internal static class Conditions
{
    public static Condition NeedsLogin(string? url) => url is null
        ? new("needs-login", Severity.Problem, "the node is not logged in", "Set TS_AUTHKEY, or wait for the login URL to appear here.")
        : new("needs-login", Severity.Problem, $"the node is not logged in: log in at {url}",
            "Open that page in a browser and log in, or set TS_AUTHKEY.");

    public static Condition NeedsApproval(string where) => new(
        "needs-approval", Severity.Problem, "the machine waits for approval", $"Approve the machine {where}.");

    public static Condition KeyRejected(string reason)
    {
        var (id, fix) = TailscaleErrors.SaysExpired(reason) ? ("key-expired", "Make a new auth key")
            : TailscaleErrors.SaysNotValid(reason) ? ("key-used-up", "Make a reusable auth key, as every service is a machine of its own,")
            : ("key-rejected", "See that the auth key is whole and of this tailnet, or make a new one,");
        return new(id, Severity.Problem, $"the control server refuses the auth key: {reason}",
            $"{fix} and replace TS_AUTHKEY (a changed TS_AUTHKEY_FILE is picked up by itself).");
    }

    public static Condition TagsNotPermitted(string reason) => new(
        "tags-not-permitted", Severity.Problem, $"the control server refuses the tags: {reason}",
        "Name the tag under tagOwners in the tailnet's policy and let the key's owner own it, or change the tags.");

    public static Condition TagsNeeded() => new(
        "tags-not-permitted", Severity.Problem, "an OAuth client secret logs in tagged machines only, and this service has no tags",
        "Set DOVETAIL_TAGS, or dovetail.tags on the container, to tags that the OAuth client may give.");

    public static Condition MachineKeyExpired(DateTimeOffset at, string where) => new(
        "node-key-expired", Severity.Problem, $"the node's key expired on {Day(at)}",
        $"Set a usable TS_AUTHKEY, log in, or disable key expiry for the machine {where}.");

    public static Condition MachineKeyExpiring(DateTimeOffset at, string where) => new(
        "node-key-expiring", Severity.Notice, $"the node's key expires on {Day(at)}",
        $"Disable key expiry for the machine {where}, or use a tagged auth key: tagged machines do not expire.");

    public static Condition ControlUnreachable(string? detail) => new(
        "control-unreachable", Severity.Problem,
        detail is null
            ? "the control server cannot be reached; peers that the node knows still reach it"
            : $"the control server cannot be reached: {detail}",
        "Check Dovetail's way to the Internet and TS_CONTROL_URL; the node comes back by itself.");

    public static Condition MachineRemoved() => new(
        "machine-removed",
        Severity.Problem,
        "the control server answers but no longer serves this machine: it was probably removed from the tailnet",
        "It logs in anew by itself with a usable TS_AUTHKEY; without one, follow the login URL.");

    public static Condition ControlRateLimited(string detail) => new(
        "control-rate-limited",
        Severity.Problem,
        $"the control server asks for fewer logins: {detail}",
        "Wait; the node goes on by itself.");

    public static Condition LoginFailed(string detail, string service) => new(
        "login-failed", Severity.Problem, $"the login failed: {detail}", $"It is tried again by itself; for more: {Logs(service)}.");

    public static Condition TailnetLock(string detail) => new(
        "tailnet-lock", Severity.Problem, $"tailnet lock keeps the node out: {detail}",
        "Sign the node from a signing machine: tailscale lock sign.");

    public static Condition StateUnusable(string detail) => new(
        "state-unusable", Severity.Problem, $"tailscaled cannot use its state directory: {detail}",
        "See that the directory under TS_STATE_DIR can be written and has room; it is tried again by itself.");

    public static Condition StateMovedAside(string path, string where) => new(
        "state-moved-aside", Severity.Notice, $"the node's state could not be read and was moved to {path}; it registered anew",
        $"Remove the old machine {where}, and the file when you do not need it.");

    public static Condition RelayUnreachable(string detail) => new(
        "relay-unreachable", Severity.Notice, detail, "Peers that cannot connect directly may not reach the node; check the firewall.");

    public static Condition HttpsNotEnabled(bool required, bool isTailscale) => new(
        "https-not-enabled",
        required ? Severity.Problem : Severity.Notice,
        required
            ? "the tailnet issues no certificates, and dovetail.tls=on demands one"
            : "the tailnet issues no certificates: served by plain HTTP",
        isTailscale
            ? "Enable HTTPS certificates in the admin console, under DNS; or set dovetail.tls=off."
            : "Let the control server issue certificates, if it can; or set dovetail.tls=off.");

    public static Condition CertificateFailed(string reason, DateTimeOffset retryAt, bool serving) => new(
        "acme-error", serving ? Severity.Notice : Severity.Problem, $"no new certificate: {reason}",
        $"Next try at {Minute(retryAt)}.{StillServed(serving)}");

    // tailscaled keeps a call waiting through every 5xx and 429 of the CA (recorded), and says why in its log only.
    public static Condition CertificateSlow(bool serving, string service) => new(
        "acme-slow", serving ? Severity.Notice : Severity.Problem, "the certificate authority has not answered yet",
        $"The order goes on by itself; what tailscaled says of it: {Logs(service)}.{StillServed(serving)}");

    public static Condition CertificateRateLimited(string reason, DateTimeOffset retryAt, bool serving) => new(
        "acme-rate-limited", serving ? Severity.Notice : Severity.Problem, $"the certificate authority asks to wait: {reason}",
        $"Next try at {Minute(retryAt)}.{StillServed(serving)}");

    public static Condition CertificateExpired(DateTimeOffset at) => new(
        "certificate-expired", Severity.Problem, $"the certificate expired on {Day(at)}",
        "A new one is being asked for; see the other conditions.");

    /// <param name="predecessor">Why the other machine is taken for the service's own former one; null: it is not.</param>
    public static Condition NameTaken(string asked, string given, string where, string? predecessor, bool losesState) => new(
        "name-taken",
        Severity.Notice,
        $"the name {asked} is taken in the tailnet: this node is {given}{(predecessor is null ? "" : $"; {predecessor}")}",
        predecessor is null
            ? $"Another device has it, or another Dovetail, or this service's former machine: remove or rename that one {where}, then "
                + $"rename this one to {asked}; or give the service another name."
            : (losesState ? "Mount a named volume at TS_STATE_DIR, so that it does not happen again; then remove" : "Remove")
                + $" the machine {asked} {where} and rename this one to {asked}.");

    public static Condition ServeFailed(string reason, string service) => new(
        "serve-failed", Severity.Problem, $"tailscaled does not take the serve config: {reason}",
        $"It is tried again by itself; for more: {Logs(service)}.");

    public static Condition TailscaledEnded(string how, DateTimeOffset retryAt, string service) => new(
        "tailscaled-ended", Severity.Problem, $"tailscaled {how}", $"It is started again at {Second(retryAt)}; for more: {Logs(service)}.");

    public static Condition TailscaledSilent() => new(
        "tailscaled-silent", Severity.Problem, "tailscaled does not answer",
        "It is replaced by itself when it has been silent for 15 seconds.");

    public static Condition ListenerFailed(string reason) => new(
        "listener-failed", Severity.Problem, $"the listener cannot listen: {reason}", "It is tried again by itself.");

    private static string Logs(string service) => $"dovetail logs {service}";

    private static string StillServed(bool serving) => serving ? " The present certificate is still served." : "";

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Minute(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Second(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
