using Dovetail.Files;
using Dovetail.Services.Files;
using Dovetail.Tests.Nodes.Fakes;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Files;

/// <summary>Changes of a services file, made in the ways in which editors and people make them.</summary>
public sealed class ServicesFileWatcherTests : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly TestClock _clock = new();
    private readonly FakeLogger<ServicesFileWatcher> _log = new();
    private readonly List<ServicesFile> _seen = [];
    private Task? _watching;

    private string File => Path.Combine(_directory, "services.yaml");

    private ServicesFile Now
    {
        get
        {
            lock (_seen)
            {
                return _seen[^1];
            }
        }
    }

    [Fact]
    public async Task It_is_read_at_once_and_again_when_it_is_written_in_place()
    {
        Write("web");
        await StartAsync();
        Assert.Equal(["web"], Now.Names);

        Write("web", "shop");

        await ChangesToAsync("web", "shop");
        Assert.Contains(_log.Collector.GetSnapshot(), record => record.Message == $"Read {File}: services: 2");
    }

    [Fact]
    public async Task One_that_is_replaced_by_rename_with_the_same_size_and_time_is_read()
    {
        Write("web");
        await StartAsync();
        var written = System.IO.File.GetLastWriteTimeUtc(File);
        var other = Path.Combine(_directory, "new");
        System.IO.File.WriteAllText(other, Text("app"));
        System.IO.File.SetLastWriteTimeUtc(other, written);

        System.IO.File.Move(other, File, overwrite: true);

        await ChangesToAsync("app");
    }

    [Fact]
    public async Task A_link_that_leads_elsewhere_from_now_on_is_followed()
    {
        Write("web");
        var (one, other) = (Path.Combine(_directory, "one"), Path.Combine(_directory, "other"));
        System.IO.File.WriteAllText(one, Text("one"));
        System.IO.File.WriteAllText(other, Text("other"));
        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, one);
        await StartAsync();

        System.IO.File.CreateSymbolicLink(Path.Combine(_directory, "next"), other);
        System.IO.File.Move(Path.Combine(_directory, "next"), File, overwrite: true);

        await ChangesToAsync("other");
    }

    [Fact]
    public async Task While_it_is_being_written_it_is_not_read()
    {
        Write("web");
        await StartAsync();

        System.IO.File.WriteAllText(File, "services: {a");
        await _clock.AdvanceByAsync(Look, Look);
        System.IO.File.WriteAllText(File, Text("shop"));
        await ChangesToAsync("shop");

        Assert.All(_seen, file => Assert.Null(file.Problem));
    }

    [Theory]
    [InlineData("services: {web: {upstream: \"http", "this is no YAML")]
    [InlineData("", "the file is empty")]
    [InlineData("\u0001\u0002", "the file has to begin with services:")]
    public async Task What_cannot_be_read_is_said_and_holds_nothing_up_until_it_is_mended(string text, string expected)
    {
        Write("web");
        await StartAsync();

        System.IO.File.WriteAllText(File, text);
        await BreaksAsync(expected);

        Write("web", "shop");
        await ChangesToAsync("web", "shop");
        Assert.Null(Now.Problem);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_a_directory_and_a_file_that_is_gone_are_said_so()
    {
        Write("web");
        await StartAsync();

        System.IO.File.WriteAllBytes(File, [0xff, 0xfe, 0x80, 0x00, 0x90]);
        await BreaksAsync("the file is no text in UTF-8");
        System.IO.File.Delete(File);
        await BreaksAsync("the file does not exist");
        Directory.CreateDirectory(File);
        await BreaksAsync("this is a directory, as Docker makes one");
        Directory.Delete(File);
        System.IO.File.WriteAllText(File, new string('#', ServicesFileReader.MaxSize + 1));
        await BreaksAsync("larger than 1 MiB");

        Write("shop");
        await ChangesToAsync("shop");
    }

    [Fact]
    public async Task One_that_is_not_there_yet_is_waited_for()
    {
        await StartAsync();
        Assert.Equal((false, 0), (Now.IsKnown, Now.Services.Count));
        Assert.Contains("does not exist", Now.Problem, StringComparison.Ordinal);

        Write("web");

        await ChangesToAsync("web");
    }

    [Fact]
    public async Task One_that_never_stands_still_is_read_after_three_seconds()
    {
        Write("web");
        await StartAsync();

        // Every look finds another size.
        var comment = "#";
        await _clock.AdvanceUntilAsync(
            () =>
            {
                System.IO.File.WriteAllText(File, Text("web", "shop") + (comment += "#"));
                return Now.Services.Count == 2;
            },
            Settling);

        Assert.InRange(_clock.Now - TestClock.Noon, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task A_file_that_every_user_may_write_is_warned_of()
    {
        Write("web");
        await StartAsync();
        Assert.Empty(Now.Warnings);

        System.IO.File.SetUnixFileMode(File, (UnixFileMode)0b110_110_110);

        await _clock.AdvanceUntilAsync(() => Now.Warnings.Count == 1, Settling);
        Assert.Contains("chmod o-w", Now.Warnings[0], StringComparison.Ordinal);
        Assert.Equal(["web"], Now.Names);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_watching is not null)
        {
            await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartAsync()
    {
        var watcher = new ServicesFileWatcher(File, "dovetail", _clock, _log);
        _watching = Task.Run(async () =>
        {
            await foreach (var file in watcher.WatchAsync(_stop.Token))
            {
                lock (_seen)
                {
                    _seen.Add(file);
                }
            }
        });
        await TestClock.UntilAsync(() =>
        {
            lock (_seen)
            {
                return _seen.Count == 1;
            }
        });
    }

    private Task ChangesToAsync(params string[] names) =>
        _clock.AdvanceUntilAsync(() => Now.Names.SequenceEqual(names), Settling, () => $"{Now}");

    private async Task BreaksAsync(string problem)
    {
        await _clock.AdvanceUntilAsync(
            () => Now.Problem?.Contains(problem, StringComparison.Ordinal) == true, Settling, () => $"{Now.Problem}");
        Assert.Equal(["web"], Now.Names);
    }

    private void Write(params string[] names) => System.IO.File.WriteAllText(File, Text(names));

    private static string Text(params string[] names) =>
        $"services:\n{string.Concat(names.Select(name => $"  {name}: {{upstream: http://192.168.1.10}}\n"))}";
}
