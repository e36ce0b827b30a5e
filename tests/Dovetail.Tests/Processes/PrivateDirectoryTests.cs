using System.Diagnostics;
using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

public sealed class PrivateDirectoryTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    private string Nodes => Path.Combine(_directory, "run", "nodes");

    [Fact]
    public void One_that_is_missing_is_made_for_this_user_alone()
    {
        PrivateDirectory.Ensure(Nodes);

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Nodes));
    }

    [Fact]
    public void One_that_is_there_is_taken_from_everybody_else_with_what_it_holds()
    {
        Directory.CreateDirectory(Nodes);
        File.SetUnixFileMode(Nodes, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        File.WriteAllText(Path.Combine(Nodes, "web.sock"), "");

        PrivateDirectory.Ensure(Nodes);

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Nodes));
        Assert.True(File.Exists(Path.Combine(Nodes, "web.sock")));
    }

    [Fact]
    public async Task One_that_another_user_owns_becomes_this_users()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give a directory away and take it back.");
        Directory.CreateDirectory(Nodes);
        await RunAsync("chown", "12345", Nodes);

        PrivateDirectory.Ensure(Nodes);

        Assert.Equal("0", await RunAsync("stat", "-c", "%u", Nodes));
    }

    [Fact]
    public void A_link_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "elsewhere"));
        Directory.CreateDirectory(Path.Combine(_directory, "run"));
        Directory.CreateSymbolicLink(Nodes, Path.Combine(_directory, "elsewhere"));

        Assert.Contains("is a link", Assert.Throws<IOException>(() => PrivateDirectory.Ensure(Nodes)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
