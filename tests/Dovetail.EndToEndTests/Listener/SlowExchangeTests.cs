namespace Dovetail.EndToEndTests.Listener;

/// <summary>No time limit cuts what is slow or silent. Two and a half minutes of silence; ten under <c>DOVETAIL_TEST_FULL</c>.</summary>
public sealed class SlowExchangeTests(SlowExchanges exchanges) : IClassFixture<SlowExchanges>, IAsyncDisposable
{
    private const int Limit = 1_200_000;

    [Theory(Timeout = Limit)]
    [InlineData("1.1", true)]
    [InlineData("1.1", false)]
    [InlineData("2.0", true)]
    [InlineData("2.0", false)]
    public async Task An_upload_at_50_KB_a_second_arrives_whole(string version, bool hasLength) =>
        Assert.Equal($"{SlowExchanges.Steadily} intact", await exchanges.ResultAsync($"upload {hasLength}", version));

    [Theory(Timeout = Limit)]
    [InlineData("1.1", true)]
    [InlineData("1.1", false)]
    [InlineData("2.0", true)]
    [InlineData("2.0", false)]
    public async Task A_download_at_50_KB_a_second_arrives_whole(string version, bool hasLength) =>
        Assert.Equal($"{SlowExchanges.Steadily} intact", await exchanges.ResultAsync($"download {hasLength}", version));

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_may_read_50_KB_a_second(string version) =>
        Assert.Equal($"{SlowExchanges.Steadily} intact", await exchanges.ResultAsync("read slowly", version));

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_upload_may_pause(string version) =>
        Assert.Equal($"{SlowExchanges.PausedUpload} intact", await exchanges.ResultAsync("paused upload", version));

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_that_stops_reading_stops_the_backend_and_gets_the_rest_later(string version) =>
        Assert.Equal($"{SlowExchanges.PausedDownload} intact", await exchanges.ResultAsync("paused download", version));

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_answer_may_take_its_time(string version) =>
        Assert.Equal("at last", await exchanges.ResultAsync("late answer", version));

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task The_first_event_comes_at_once_and_the_second_after_a_long_silence(string version) =>
        Assert.Equal("data: first data: second", await exchanges.ResultAsync("events", version));

    [Theory(Timeout = Limit)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_WebSocket_may_be_idle(string version) =>
        Assert.Equal("before after", await exchanges.ResultAsync("WebSocket", version));

    [Fact(Timeout = Limit)]
    public async Task A_raw_connection_may_be_idle() => Assert.Equal("before after", await exchanges.ResultAsync("raw TCP"));

    public ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(exchanges.Daemon.Log);
        }

        return ValueTask.CompletedTask;
    }
}
