using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Docker.DotNet.Models;

namespace Dovetail.Docker;

/// <summary>An open subscription to the Engine's events: what happens from now on is in it, even before it is read.</summary>
/// <remarks>Docker.DotNet's own reader drops an event that was cut off, and keeps what it reads of one without a limit.</remarks>
/// <param name="body">Owned.</param>
internal sealed partial class DockerEventStream(Stream body) : IAsyncDisposable
{
    /// <summary>The largest event that is read, in bytes. A container's labels are part of it.</summary>
    public const int MaxEvent = 4 << 20;

    /// <summary>Events until the Engine ends the stream. Waits without limit. Can be called once.</summary>
    /// <exception cref="DockerException">The stream breaks, or holds what is no event.</exception>
    public async IAsyncEnumerable<Message> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(leaveOpen: true));
        for (var isLast = false; !isLast;)
        {
            var result = await ReadAsync(reader, cancellationToken);
            isLast = result.IsCompleted;
            var rest = result.Buffer;
            while (TryTake(ref rest, isLast, out var message))
            {
                if (message is not null)
                {
                    yield return message;
                }
            }

            if (rest.Length > MaxEvent)
            {
                throw new DockerException($"Docker's event stream held an event of more than {MaxEvent >> 20} MiB.");
            }

            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    public ValueTask DisposeAsync() => body.DisposeAsync();

    private static async ValueTask<ReadResult> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken);
        }
        catch (Exception exception) when (
            exception is IOException or HttpRequestException or ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            throw new DockerException("Docker's event stream broke off.", exception);
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> buffer, bool isLast, out Message? message)
    {
        message = null;
        try
        {
            var reader = new Utf8JsonReader(buffer, isLast, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true }));
            if (!JsonDocument.TryParseValue(ref reader, out var json))
            {
                return false;
            }

            using (json)
            {
                buffer = buffer.Slice(reader.BytesConsumed);
                message = JsonSerializer.Deserialize(AnswerFields.Event.Take(json.RootElement), MessageContext.Default.Message);
                return true;
            }
        }
        catch (JsonException exception)
        {
            throw new DockerException("Docker's event stream held something that is no event.", exception);
        }
    }

    [JsonSerializable(typeof(Message))]
    private sealed partial class MessageContext : JsonSerializerContext;
}
