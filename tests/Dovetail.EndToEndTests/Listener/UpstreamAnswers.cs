using System.Globalization;
using System.IO.Compression;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>The application's answers: each path is one thing that a proxy can get wrong.</summary>
internal static class UpstreamAnswers
{
    public static readonly byte[] File = Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Range(0, 1000).Select(line => $"line {line:0000}\n")));

    private const int BigSize = 3_000_000;

    // What a proxy has to change or to add, or what depends on the hop alone.
    private static readonly string[] OfTheHop =
        [
            "host", "connection", "keep-alive", "transfer-encoding", "te", "x-real-ip", "x-forwarded-for", "x-forwarded-host",
            "x-forwarded-proto"];

    public static Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        return context.Request.Path.Value switch
        {
            "/file" => FileAsync(context),
            "/status" => StatusAsync(context),
            "/not-modified" => NotModifiedAsync(response),
            "/multipart-ranges" => MultipartRangesAsync(response),
            "/headers" => HeadersAsync(response),
            "/large-header" => LargeHeaderAsync(response),
            "/compressed" => CompressedAsync(response),
            "/pieces" => PiecesAsync(context),
            "/big" => BigAsync(response),
            "/broken" => BrokenAsync(context),
            "/trailers" => TrailersAsync(response),
            "/copy" => CopyAsync(context),
            "/trailers-only" => TrailersOnlyAsync(response),
            "/events" => EventsAsync(context),
            "/socket" => SocketAsync(context),
            "/refuse" => RefuseAsync(response),
            _ => EchoAsync(context),
        };
    }

    /// <summary>Says what arrived, less what belongs to the hop.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        var request = context.Request;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        var text = new StringBuilder($"{request.Method} {context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}\n");
        foreach (var (name, values) in request.Headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            // Dovetail says of a DELETE without a body that it has none, so that no HTTP client repeats it.
            var saysNothing = name == "Content-Length" && values == "0";
            if (!saysNothing
                && !OfTheHop.Contains(name, StringComparer.OrdinalIgnoreCase)
                && !name.StartsWith("Tailscale-", StringComparison.OrdinalIgnoreCase)
                && !name.StartsWith("X-Tailscale-", StringComparison.OrdinalIgnoreCase))
            {
                text.Append(CultureInfo.InvariantCulture, $"{name.ToUpperInvariant()}: {string.Join(" | ", values.ToArray())}\n");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"body of {body.Length}: {Convert.ToHexString(SHA256.HashData(body.ToArray()))}\n");
        context.Response.ContentType = "text/plain; charset=iso-8859-1";
        await context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes(text.ToString()), context.RequestAborted);
    }

    private static async Task FileAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ETag = "\"v1\"";
        response.ContentType = "text/plain";
        var range = request.GetTypedHeaders().Range?.Ranges.Single();
        var from = (int)(range?.From ?? 0);
        var to = (int)Math.Min(range?.To ?? File.Length - 1, File.Length - 1);
        if (from >= File.Length)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = $"bytes */{File.Length}";
            return;
        }

        if (range is not null)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {from}-{to}/{File.Length}";
        }

        response.ContentLength = to - from + 1;
        if (!HttpMethods.IsHead(request.Method))
        {
            await response.Body.WriteAsync(File.AsMemory(from, to - from + 1), context.RequestAborted);
        }
    }

    private static async Task StatusAsync(HttpContext context)
    {
        var query = context.Request.Query;
        context.Response.StatusCode = int.Parse(query["code"]!, CultureInfo.InvariantCulture);
        if (query["reason"] is [{ } reason])
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        }

        if (query["location"] is [{ } location])
        {
            context.Response.Headers.Location = location;
        }

        if (query["body"] is [{ } body])
        {
            await context.Response.WriteAsync(body);
        }
    }

    private static Task NotModifiedAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status304NotModified;
        response.Headers.ETag = "W/\"v1\"";
        response.Headers.LastModified = "Wed, 01 Jan 2025 00:00:00 GMT";
        response.Headers.Vary = "Accept-Encoding";
        return Task.CompletedTask;
    }

    private static async Task MultipartRangesAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = "multipart/byteranges; boundary=THIS_SEPARATES";
        await response.WriteAsync(
            "--THIS_SEPARATES\r\nContent-Range: bytes 0-1/10\r\n\r\nab\r\n--THIS_SEPARATES\r\nContent-Range: bytes "
                + "8-9/10\r\n\r\nij\r\n--THIS_SEPARATES--\r\n");
    }

    private static Task HeadersAsync(HttpResponse response)
    {
        response.Headers.SetCookie = new(["a=1; path=/; HttpOnly", "b=2, with comma", "c=\u00e9"]);
        response.Headers.Date = "Tue, 01 Jan 2030 00:00:00 GMT";
        response.Headers.Server = "upstream/1.0 (test)";
        response.Headers.WWWAuthenticate = new(["Basic realm=\"a\"", "Digest realm=\"b\", nonce=\"c\""]);
        response.Headers.Via = "1.1 before";
        response.Headers["X-Empty"] = "";
        response.Headers["X-Twice"] = new(["one", "two"]);
        response.Headers["X-Latin"] = "caf\u00e9";
        response.Headers["Link"] = "</style.css>; rel=preload, </app.js>; rel=preload";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers["X-Forwarded-For"] = "for the client";
        response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }

    private static Task LargeHeaderAsync(HttpResponse response)
    {
        response.Headers["X-Large"] = new string('x', 20_000);
        return response.WriteAsync("ok");
    }

    private static async Task CompressedAsync(HttpResponse response)
    {
        response.Headers.ContentEncoding = "gzip";
        using var buffer = new MemoryStream();
        await using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(File);
        }

        response.ContentLength = buffer.Length;
        await response.Body.WriteAsync(buffer.ToArray());
    }

    private static async Task PiecesAsync(HttpContext context)
    {
        for (var piece = 0; piece < 5 && !HttpMethods.IsHead(context.Request.Method); piece++)
        {
            await context.Response.WriteAsync($"piece {piece} ", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task BigAsync(HttpResponse response)
    {
        var data = new byte[BigSize];
        new Random(1).NextBytes(data);
        await response.Body.WriteAsync(data);
    }

    private static async Task BrokenAsync(HttpContext context)
    {
        if (context.Request.Query.ContainsKey("length"))
        {
            context.Response.ContentLength = File.Length;
        }

        await context.Response.Body.WriteAsync(File.AsMemory(0, 100), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await ProtocolSteps.TakenAsync(context.Request);
        context.Abort();
    }

    private static async Task TrailersAsync(HttpResponse response)
    {
        response.DeclareTrailer("X-Checksum");
        await response.WriteAsync("body");
        response.AppendTrailer("X-Checksum", "1234");
        response.AppendTrailer("X-Undeclared", new(["a", "b"]));
    }

    /// <summary>Each gRPC message back as it comes, until the client ends; then the trailers.</summary>
    private static async Task CopyAsync(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType;
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
        context.Response.AppendTrailer("grpc-message", "all%20is%20well");
    }

    private static Task TrailersOnlyAsync(HttpResponse response)
    {
        // No body: the status comes in the only header frame there is.
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = "12";
        response.Headers["grpc-message"] = "no%20such%20method";
        return Task.CompletedTask;
    }

    private static async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        for (var number = 0; number < 3; number++)
        {
            await ProtocolSteps.TakenAsync(context.Request);
            await context.Response.WriteAsync($"id: {number}\ndata: event {number}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task SocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.LastOrDefault());
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is var received
            && received.MessageType != WebSocketMessageType.Close)
        {
            var leave = received.MessageType == WebSocketMessageType.Text && Encoding.UTF8.GetString(buffer, 0, received.Count) == "leave";
            if (leave)
            {
                await socket.CloseOutputAsync((WebSocketCloseStatus)4321, "as you wish", context.RequestAborted);
                continue;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }

        if (socket.State == WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(
                socket.CloseStatus ?? WebSocketCloseStatus.Empty, socket.CloseStatusDescription, context.RequestAborted);
        }
    }

    private static Task RefuseAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status413PayloadTooLarge;
        response.Headers.Connection = "close";
        return response.WriteAsync("too large");
    }
}
