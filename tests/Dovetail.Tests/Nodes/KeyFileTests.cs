using Dovetail.Nodes;

namespace Dovetail.Tests.Nodes;

public sealed class KeyFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    [Fact]
    public void Only_the_owner_can_read_it_and_it_is_gone_after_use()
    {
        string path;
        using (var file = KeyFile.Write(_directory, new AuthKey("tskey-auth-secret")))
        {
            path = file.FilePath;
            Assert.Equal("tskey-auth-secret", File.ReadAllText(path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData("tskey-client-a", "tskey-client-a?ephemeral=false")]
    [InlineData("tskey-client-a?preauthorized=true", "tskey-client-a?preauthorized=true&ephemeral=false")]
    [InlineData("tskey-client-a?preauthorized=true&ephemeral=true", "tskey-client-a?preauthorized=true&ephemeral=true")]
    [InlineData("tskey-auth-a", "tskey-auth-a")]
    public void Machines_of_an_OAuth_client_are_kept_unless_its_secret_says_otherwise(string secret, string handed)
    {
        using var file = KeyFile.Write(_directory, new AuthKey(secret));

        Assert.Equal(handed, File.ReadAllText(file.FilePath));
    }

    [Fact]
    public void What_a_killed_daemon_left_is_removed()
    {
        var left = KeyFile.Write(_directory, new AuthKey("tskey-auth-secret")).FilePath;

        KeyFile.RemoveLeftovers(_directory);

        Assert.False(File.Exists(left));
    }

    [Fact]
    public void A_key_does_not_print_itself() =>
        Assert.DoesNotContain("secret", $"{new AuthKey("tskey-auth-secret")}", StringComparison.Ordinal);

    [Fact]
    public void A_rotated_file_is_read_anew()
    {
        var path = Path.Combine(_directory, "key");
        var source = new AuthKeySource(null, path);
        Assert.Null(source.Read());

        File.WriteAllText(path, "  tskey-1\r\n");
        var first = source.Read()!;
        File.WriteAllText(path, "tskey-2");
        var second = source.Read()!;

        Assert.Equal(("tskey-1", "tskey-2"), (first.Value, second.Value));
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
