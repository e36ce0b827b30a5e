using Dovetail.Tailscale;

namespace Dovetail.Tests.Tailscale;

public sealed class TailscaleErrorsTests
{
    [Theory]
    [InlineData("register request: http 429: rate limit exceeded", TailscaleError.RateLimited)]
    [InlineData("node registration rate limited; will retry after 57s", TailscaleError.RateLimited)]
    [InlineData(
        "fetch control key: Get \"http://127.0.0.1:9931/key?v=133\": dial tcp 127.0.0.1:9931: connect: connection refused",
        TailscaleError.ControlUnreachable)]
    [InlineData("Get \"https://control.example/key\": lookup control.example: no such host", TailscaleError.ControlUnreachable)]
    [InlineData("EOF", TailscaleError.ControlUnreachable)]
    [InlineData(
        "initMachineKeyLocked: write /var/lib/dovetail/web/tailscaled.state: no space left on device",
        TailscaleError.StateUnusable)]
    [InlineData("invalid key: API key kx not valid", TailscaleError.KeyRefused)]
    [InlineData("Invalid Auth Key", TailscaleError.KeyRefused)]
    [InlineData("authkey already used", TailscaleError.KeyRefused)]
    [InlineData("authkey expired", TailscaleError.KeyRefused)]
    [InlineData("requested tags [tag:x] are invalid or not permitted", TailscaleError.TagsRefused)]
    [InlineData("oauth authkeys require --advertise-tags", TailscaleError.TagsNeeded)]
    [InlineData("the node was not approved by geoffrey", TailscaleError.Other)]
    [InlineData("", TailscaleError.Other)]
    internal void A_login_error_is_one_of_few_kinds(string text, TailscaleError kind) => Assert.Equal(kind, TailscaleErrors.KindOf(text));

    [Theory]
    [InlineData("You are logged out. The last login error was: invalid key: API key does not exist", "invalid key: API key does not exist")]
    [InlineData("You are logged out.", null)]
    public void The_reason_is_taken_out_of_the_health_warning(string warning, string? reason) =>
        Assert.Equal(reason, TailscaleErrors.LoginError(warning));

    [Theory]
    [InlineData("node registration rate limited; will retry after 57s", 57)]
    [InlineData("node registration rate limited; will retry after 1m30s", 90)]
    [InlineData("register request: http 429: rate limit exceeded", null)]
    public void A_limit_names_when_tailscaled_registers_again(string error, int? seconds) =>
        Assert.Equal(seconds, (int?)TailscaleErrors.RegistersAgainAfter(error)?.TotalSeconds);

    [Theory]
    [InlineData("This node is locked out; it will not have connectivity until it is signed.", true)]
    [InlineData("Tailnet Lock: this node needs a signature", true)]
    [InlineData("Tailscale is stopped.", false)]
    public void Tailnet_lock_is_recognised(string warning, bool locked) => Assert.Equal(locked, TailscaleErrors.SaysTailnetLock(warning));
}
