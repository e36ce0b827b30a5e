using Dovetail.Tailscale;

namespace Dovetail.Tests.Tailscale;

public sealed class UpFailureTests
{
    // As the stand-in's recordings have them, where they are named; else as the real 1.102.3 said it.
    [Theory]
    // up-invalid-key.txt
    [InlineData("backend error: invalid key: API key does not exist", TailscaleError.KeyRefused, "invalid key: API key does not exist")]
    // up-tags.txt
    [InlineData(
        "backend error: requested tags [tag:nope] are invalid or not permitted",
        TailscaleError.TagsRefused,
        "requested tags [tag:nope] are invalid or not permitted")]
    // up-errors-fresh.txt
    [InlineData("oauth authkeys require --advertise-tags", TailscaleError.TagsNeeded, "oauth authkeys require --advertise-tags")]
    // up-unreachable.txt
    [InlineData(
        "timeout waiting for Tailscale service to enter a Running state; check health with \"tailscale status\"",
        TailscaleError.TimedOut,
        null)]
    // up-interactive.txt: the URL comes before the reason.
    [InlineData(
        "To authenticate, visit:\nhttp://127.0.0.1:9931/auth/1\ntimeout waiting for Tailscale service to enter a Running state",
        TailscaleError.TimedOut,
        null)]
    [InlineData(
        "To authenticate, visit:\nhttp://127.0.0.1:9931/auth/1\nno answer within 70 s",
        TailscaleError.TimedOut,
        "no answer within 70 s")]
    [InlineData(
        "backend error: node registration rate limited; will retry after 57s",
        TailscaleError.RateLimited,
        "node registration rate limited; will retry after 57s")]
    [InlineData("500 Internal Server Error: cannot start backend when state store is unhealthy", TailscaleError.StateUnusable, null)]
    [InlineData("", TailscaleError.Other, "no reason given")]
    internal void The_commands_words_are_told_apart(string error, TailscaleError kind, string? text)
    {
        var failure = UpFailure.From(error);

        Assert.Equal(kind, failure.Kind);
        Assert.Equal(text ?? failure.Text, failure.Text);
    }

    [Theory]
    // cert-acme.txt
    [InlineData(
        "500 Internal Server Error: your Tailscale account does not support getting TLS certs",
        "your Tailscale account does not support getting TLS certs",
        false)]
    [InlineData(
        "500 Internal Server Error: Accept: 403 urn:ietf:params:acme:error:rejectedIdentifier: dns TXT record not found",
        "Accept: 403 urn:ietf:params:acme:error:rejectedIdentifier: dns TXT record not found",
        false)]
    // Newer releases: a line while the order is pending, and 429 for a rate limit.
    [InlineData(
        "Fetching TLS certificate: Fetching TLS certificate via ACME for: web.tailtest.ts.net\n500 Internal Server Error: EOF",
        "EOF",
        false)]
    [InlineData(
        "429 Too Many Requests: 429 urn:ietf:params:acme:error:rateLimited: too many certificates",
        "429 urn:ietf:params:acme:error:rateLimited: too many certificates",
        true)]
    [InlineData("429 Too Many Requests: slow down", "slow down", true)]
    // The digits of a port or of an order are no status code.
    [InlineData("500 Internal Server Error: dial tcp 10.0.0.1:429: refused", "dial tcp 10.0.0.1:429: refused", false)]
    [InlineData("500 Internal Server Error: Get \"http://ca:34299/\": EOF", "Get \"http://ca:34299/\": EOF", false)]
    [InlineData("500 Internal Server Error: order 1429 at 1.2.3.4:4290: EOF", "order 1429 at 1.2.3.4:4290: EOF", false)]
    [InlineData("no answer within 300 s", "no answer within 300 s", false)]
    [InlineData("", "no reason given", false)]
    public void A_certificates_failure_is_told_without_the_status_line(string error, string text, bool rateLimited)
    {
        var failure = CertFailure.From(error);

        Assert.Equal((text, rateLimited, null), (failure.Text, failure.RateLimited, failure.RetryAt));
    }

    [Fact]
    public void The_time_that_the_authority_names_is_read() => Assert.Equal(
        new DateTimeOffset(2026, 11, 27, 10, 39, 21, TimeSpan.Zero),
        CertFailure.From("429 Too Many Requests: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for "
            + "this exact set of identifiers in the last 168h0m0s, retry after 2026-11-27 10:39:21 UTC: see there").RetryAt);
}
