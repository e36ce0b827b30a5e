using Dovetail.Tailscale;

namespace Dovetail.Tests.Tailscale;

public sealed class UpFailureTests
{
    [Theory]
    // 02-up/invalid-key.txt
    [InlineData("backend error: invalid key: API key does not exist", "KeyRefused", "invalid key: API key does not exist")]
    // 02-up/tags.txt
    [InlineData("backend error: requested tags [tag:nope] are invalid or not permitted", "TagsRefused", "requested tags [tag:nope] are invalid or not permitted")]
    // 02-up/errors.txt
    [InlineData("oauth authkeys require --advertise-tags", "TagsRefused", "oauth authkeys require --advertise-tags")]
    // 02-up/control-unreachable.txt
    [InlineData("timeout waiting for Tailscale service to enter a Running state; check health with \"tailscale status\"", "TimedOut", null)]
    // 02-up/interactive-login.txt: the URL comes before the reason.
    [InlineData("To authenticate, visit:\nhttp://127.0.0.1:9931/auth/1\ntimeout waiting for Tailscale service to enter a Running state", "TimedOut", null)]
    [InlineData("", "Other", "no reason given")]
    public void The_commands_words_are_told_apart(string error, string kind, string? text)
    {
        var failure = UpFailure.From(error);

        Assert.Equal(kind, failure.Kind.ToString());
        Assert.Equal(text ?? failure.Text, failure.Text);
    }
}
