using System.Runtime.CompilerServices;
using System.Text.Json;
using Dovetail.Docker.Api;

namespace Dovetail.Docker;

/// <summary>An open subscription to the Engine's events: what happens from now on is in it, even before it is read.</summary>
internal sealed class DockerEventStream(HttpResponseMessage response, Stream body) : IAsyncDisposable
{
    /// <summary>Events until the Engine ends the stream. Waits without limit. Throws <see cref="DockerException"/> when the stream breaks.</summary>
    public async IAsyncEnumerable<Message> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var messages = JsonSerializer
            .DeserializeAsyncEnumerable(body, DockerJsonContext.Default.Message, topLevelValues: true, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(messages, cancellationToken))
        {
            if (messages.Current is { } message)
            {
                yield return message;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync();
        response.Dispose();
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<Message?> messages, CancellationToken cancellationToken)
    {
        try
        {
            return await messages.MoveNextAsync();
        }
        catch (JsonException exception)
        {
            throw new DockerException("Docker's event stream held something that is not JSON.", exception);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is IOException or HttpRequestException or ObjectDisposedException)
        {
            throw new DockerException("Docker's event stream broke off.", exception);
        }
    }
}
