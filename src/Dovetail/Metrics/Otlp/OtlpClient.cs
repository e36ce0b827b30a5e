using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>Sends requests to a collector: OTLP/HTTP with binary protobuf, or OTLP/gRPC (OTLP specification 1.x).</summary>
internal sealed class OtlpClient : IDisposable
{
    // OTEL_EXPORTER_OTLP_TIMEOUT's default.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    // Far more than any answer has; the specification wants a limit.
    private const int MaxAnswer = 1 << 20;

    private readonly OtlpOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public OtlpClient(OtlpOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);

        // A redirect would take the headers, which are secret, somewhere else.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswer,
        };
    }

    /// <param name="document">An <c>ExportMetricsServiceRequest</c>.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<OtlpAnswer> SendAsync(ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        if (_options.Headers.Read(out var headers) is { } problem)
        {
            return new OtlpAnswer(OtlpVerdict.Later, Printable.Line(problem));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Address) { Content = ContentOf(document) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (_options.IsGrpc)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
            request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        }

        using var deadline = new DeadlineSource(Timeout, _time, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, deadline.Token);
            var body = await response.Content.ReadAsByteArrayAsync(deadline.Token);
            return _options.IsGrpc ? GrpcAnswer.Of(response, body) : HttpAnswer.Of(response, body, _time);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new OtlpAnswer(OtlpVerdict.Later, $"no answer within {Timeout.TotalSeconds:0} s");
        }
        catch (HttpRequestException failed)
        {
            return new OtlpAnswer(OtlpVerdict.Later, ReasonOf(failed));
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpContent ContentOf(ReadOnlyMemory<byte> document)
    {
        if (!_options.IsGrpc)
        {
            return new ReadOnlyMemoryContent(document) { Headers = { ContentType = new("application/x-protobuf") } };
        }

        // Not compressed, and the length.
        var framed = new byte[5 + document.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), document.Length);
        document.Span.CopyTo(framed.AsSpan(5));
        return new ByteArrayContent(framed) { Headers = { ContentType = new("application/grpc") } };
    }

    private string ReasonOf(HttpRequestException failed)
    {
        Exception cause = failed;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        var isTls = failed.InnerException is AuthenticationException;
        var hint = (_options.Address.Port, _options.IsGrpc) switch
        {
            (4317, false) => "; 4317 is the port for gRPC as a rule: set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or take port 4318",
            (4318, true) => "; 4318 is the port for HTTP as a rule: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or take port 4317",
            _ => "",
        };
        return Printable.Line($"{(isTls ? "TLS: " : "")}{Printable.Plain(cause.Message, 300)}{hint}");
    }
}
