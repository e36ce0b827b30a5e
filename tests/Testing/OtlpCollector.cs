using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dovetail.Testing;

/// <summary>Takes metrics as an OpenTelemetry collector does: on OTLP/HTTP and, on another port, on OTLP/gRPC in cleartext.</summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private const string HttpPath = "/v1/metrics";
    private const string GrpcPath = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(OtlpRequest Request, IReadOnlyDictionary<string, string> Headers)> _taken = new();

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>For <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public Uri HttpUrl { get; private set; } = null!;

    /// <inheritdoc cref="HttpUrl"/>
    public Uri GrpcUrl { get; private set; } = null!;

    /// <summary>Answers instead of the collector, and says whether it has; null: nothing does.</summary>
    public Func<HttpContext, bool>? Instead { get; set; }

    /// <summary>All requests that were taken, in order.</summary>
    public IReadOnlyList<OtlpRequest> Requests => [.. _taken.Select(one => one.Request)];

    /// <summary>The headers of the last of them.</summary>
    public IReadOnlyDictionary<string, string> Headers => _taken.Last().Headers;

    /// <param name="port">Of OTLP/HTTP; 0: any.</param>
    public static async Task<OtlpCollector> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRoutingCore();
        var collector = new OtlpCollector(builder.Build());
        collector._app.Run(collector.AnswerAsync);
        await collector._app.StartAsync();
        var urls = collector._app.Urls.Select(url => new Uri(url)).ToList();
        (collector.HttpUrl, collector.GrpcUrl) = (urls[0], urls[1]);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (Instead?.Invoke(context) == true)
        {
            return;
        }

        var isGrpc = context.Request.ContentType == "application/grpc";
        if (context.Request.Method != "POST" || context.Request.Path != (isGrpc ? GrpcPath : HttpPath)
            || !(isGrpc || context.Request.ContentType == "application/x-protobuf"))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var message = body.ToArray();
        if (isGrpc)
        {
            message = Unframed(message);
        }

        _taken.Enqueue((
            OtlpRequest.Parse(message),
            context.Request.Headers.ToDictionary(
                header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        context.Response.ContentType = context.Request.ContentType;
        if (isGrpc)
        {
            context.Response.AppendTrailer("grpc-status", "0");
            await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
        }
    }

    private static byte[] Unframed(byte[] body) => body[0] == 0 && BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(1)) == body.Length - 5
        ? body[5..]
        : throw new FormatException("The frame of gRPC is wrong.");
}
