using System.Net;
using Dovetail.Proxy.Upstreams;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Proxy.Upstreams;

public sealed class UnbufferedHandlerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_the_client_breaks_off_does_not_fail_before_the_answer_is_there()
    {
        var time = new WatchedTime();
        var client = new BreakingOff(time.Waiting);
        using var invoker = new HttpMessageInvoker(new UnbufferedHandler(client, time));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://web/") { Content = new Endless() };

        using var answer = await invoker.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Body);
    }

    [Fact]
    public async Task A_request_that_is_given_up_ends_its_body_at_once()
    {
        var time = new WatchedTime();
        var client = new BreakingOff(time.Waiting);
        using var invoker = new HttpMessageInvoker(new UnbufferedHandler(client, time));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://web/") { Content = new Endless() };
        using var aborted = new CancellationTokenSource();
        await aborted.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => invoker.SendAsync(request, aborted.Token));
    }

    /// <summary>Does as the HTTP client does when an HTTP/2 upstream has answered and resets the rest of the body with NO_ERROR.</summary>
    /// <param name="waiting">Ends when the body has begun to wait for the answer.</param>
    private sealed class BreakingOff(Task waiting) : HttpMessageHandler
    {
        public Task Body { get; private set; } = Task.CompletedTask;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Body = request.Content!.CopyToAsync(Stream.Null, rest.Token);
            await rest.CancelAsync();

            // A body that fails before the answer is looked at fails the request.
            if (await Task.WhenAny(Body, waiting) == Body)
            {
                await Body;
            }

            return new HttpResponseMessage(HttpStatusCode.UnprocessableEntity);
        }
    }

    private sealed class WatchedTime : FakeTimeProvider
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends when something waits for a time to pass.</summary>
        public Task Waiting => _waiting.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _waiting.TrySetResult();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class Endless : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            Task.Delay(Timeout.Infinite, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
