using Dovetail.Services.Labels;

namespace Dovetail.Tests.Services.Labels;

public sealed class TagSyntaxTests
{
    // What tailscale up said of each (recorded with 1.96.5).
    [Theory]
    [InlineData("tag:web", true)]
    [InlineData("tag:Web", true)]
    [InlineData("tag:a-1", true)]
    [InlineData("web", false)]
    [InlineData("tag:", false)]
    [InlineData("tag:1x", false)]
    [InlineData("tag:a_b", false)]
    [InlineData("TAG:web", false)]
    [InlineData("tag:wéb", false)]
    public void A_tag_is_what_tailscale_takes(string tag, bool valid) => Assert.Equal(valid, TagSyntax.IsValid(tag));

    [Theory]
    [InlineData("", "")]
    [InlineData(" , ", "")]
    [InlineData("tag:b, tag:a,tag:b,", "tag:a,tag:b")]
    public void A_list_is_sorted_and_without_repeats(string text, string tags)
    {
        Assert.Null(TagSyntax.Read(text, out var read));
        Assert.Equal(tags, string.Join(',', read));
    }

    [Theory]
    [InlineData("tag:a,web", "\"web\" is no tag", "did you mean \"tag:web\"?")]
    [InlineData("tag:1\n", "\"tag:1\" is no tag", "letters, digits or hyphens")]
    [InlineData("tag:\u202e", "\"tag:\\u{202E}\" is no tag", "letters, digits or hyphens")]
    public void A_list_with_anything_else_is_refused_and_the_first_bad_entry_named(string text, string entry, string hint)
    {
        var refusal = TagSyntax.Read(text, out var tags);

        Assert.StartsWith(entry, refusal, StringComparison.Ordinal);
        Assert.EndsWith(hint, refusal, StringComparison.Ordinal);
        Assert.Empty(tags);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("tag:")]
    public void A_list_of_any_length_gives_a_short_refusal(string beginning)
    {
        Assert.Equal("the list is longer than 16384 characters", TagSyntax.Read(beginning + new string('x', 1 << 20), out _));
        Assert.InRange((TagSyntax.Read(new string('x', 16384), out _) ?? "").Length, 1, 500);
    }
}
