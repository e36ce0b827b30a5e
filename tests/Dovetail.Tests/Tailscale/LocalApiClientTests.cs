using System.Net;
using System.Text.Json;
using Dovetail.Tailscale;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Tailscale;

/// <summary>Whatever a tailscaled does on its socket, the caller sees one kind of exception, or its own cancellation.</summary>
public sealed class LocalApiClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);
    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _server = null!;
    private RequestDelegate _answer = static _ => Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Socket => Path.Combine(_directory, "api.sock");

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.ListenUnixSocket(Socket));
        _server = builder.Build();
        _server.Run(async context =>
        {
            _asked.TrySetResult();
            await _answer(context);
        });
        await _server.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task The_status_is_asked_for_without_peers_and_by_the_host_that_tailscaled_demands()
    {
        var asked = "";
        _answer = context =>
        {
            var request = context.Request;
            asked = $"{request.Method} http://{request.Host}{request.Path}{request.QueryString}";
            return context.Response.WriteAsync("""{"BackendState":"Running"}""");
        };
        using var api = Client();

        Assert.Equal(BackendState.Running, (await api.GetStatusAsync(Cancellation)).BackendState);
        Assert.Equal("GET http://local-tailscaled.sock/localapi/v0/status?peers=false", asked);
    }

    public static TheoryData<string> BrokenAnswers => ["{\"BackendState\":", "[]", "null", "", "<html>", "{\"BackendState\":6}"];

    [Theory]
    [MemberData(nameof(BrokenAnswers))]
    public async Task An_answer_that_cannot_be_read(string body)
    {
        _answer = context => context.Response.WriteAsync(body);
        using var api = Client();

        await Assert.ThrowsAsync<LocalApiException>(() => api.GetStatusAsync(Cancellation));
    }

    [Fact]
    public async Task An_answer_that_breaks_off()
    {
        _answer = BreakOffAsync;
        using var api = Client();

        await Assert.ThrowsAsync<LocalApiException>(() => api.GetStatusAsync(Cancellation));
    }

    [Fact]
    public async Task An_error_is_told_in_tailscaleds_words()
    {
        _answer = context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("prefs write access denied\n");
        };
        using var api = Client();

        var refused = await Assert.ThrowsAsync<LocalApiException>(() => api.SetWantRunningAsync(false, Cancellation));

        Assert.Equal((HttpStatusCode.Forbidden, "prefs write access denied"), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task An_error_whose_text_breaks_off()
    {
        _answer = context =>
        {
            context.Response.StatusCode = 500;
            return BreakOffAsync(context);
        };
        using var api = Client();

        await Assert.ThrowsAsync<LocalApiException>(() => api.SetWantRunningAsync(false, Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_does_not_come_or_does_not_end(bool begins)
    {
        _answer = context => HangAsync(context, begins);
        using var api = Client(Short);

        var silent = await Assert.ThrowsAsync<LocalApiException>(() => api.GetStatusAsync(Cancellation));

        Assert.Equal("tailscaled did not answer status: it took too long", silent.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_that_gives_up_gets_its_cancellation(bool begins)
    {
        _answer = context => HangAsync(context, begins);
        using var api = Client();
        using var caller = new CancellationTokenSource();
        var asking = api.GetStatusAsync(caller.Token);
        await _asked.Task.WaitAsync(Cancellation);

        await caller.CancelAsync();

        Assert.Equal(caller.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking)).CancellationToken);
    }

    [Fact]
    public async Task Nobody_listens()
    {
        using var api = new LocalApiClient(Path.Combine(_directory, "nobody.sock"), Short);

        await Assert.ThrowsAsync<LocalApiException>(() => api.GetStatusAsync(Cancellation));
        await Assert.ThrowsAsync<LocalApiException>(() => ReadAsync(api, Cancellation));
    }

    [Fact]
    public async Task An_address_that_nobody_has_is_no_error()
    {
        _answer = context =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("no match for IP:port\n");
        };
        using var api = Client();

        Assert.Null(await api.WhoIsAsync(IPAddress.Parse("100.64.0.9"), Cancellation));
    }

    [Fact]
    public async Task The_bus_ends_when_tailscaled_ends_it()
    {
        _answer = context => context.Response.WriteAsync("{\"State\":5}\n{\"State\":6}\n");
        using var api = Client();

        Assert.Equal([BackendState.Starting, BackendState.Running], await ReadAsync(api, Cancellation));
    }

    [Fact]
    public async Task A_bus_that_cannot_be_read_is_called_strange()
    {
        _answer = context => context.Response.WriteAsync("{\"State\":5}\n{\"State\":[]}\n");
        using var api = Client();

        var strange = await Assert.ThrowsAsync<LocalApiException>(() => ReadAsync(api, Cancellation));

        Assert.IsType<JsonException>(strange.InnerException);
    }

    [Fact]
    public async Task A_bus_that_breaks_off_is_not_called_strange()
    {
        _answer = BreakOffAsync;
        using var api = Client();

        Assert.IsNotType<JsonException>((await Assert.ThrowsAsync<LocalApiException>(() => ReadAsync(api, Cancellation))).InnerException);
    }

    [Fact]
    public async Task A_silent_bus_is_left_by_cancellation_only()
    {
        _answer = context => HangAsync(context, begins: true);
        using var api = Client(Short);
        using var caller = new CancellationTokenSource();
        var reading = ReadAsync(api, caller.Token);
        await _asked.Task.WaitAsync(Cancellation);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static async Task BreakOffAsync(HttpContext context)
    {
        await context.Response.WriteAsync("{\"State\":5}\n{\"Sta");
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    private static async Task HangAsync(HttpContext context, bool begins)
    {
        if (begins)
        {
            await context.Response.WriteAsync("{\"State\":5}\n{");
            await context.Response.Body.FlushAsync();
        }

        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<List<BackendState?>> ReadAsync(LocalApiClient api, CancellationToken cancellationToken)
    {
        var states = new List<BackendState?>();
        await foreach (var message in api.WatchAsync(cancellationToken))
        {
            states.Add(message.State);
        }

        return states;
    }

    private LocalApiClient Client(TimeSpan? timeout = null) => new(Socket, timeout ?? TimeSpan.FromSeconds(30));
}
