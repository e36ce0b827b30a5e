using System.Globalization;
using System.Net;
using Dovetail.Common;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>One line per request, of services that ask for it (<c>dovetail.accesslog</c>).</summary>
internal sealed partial class AccessLog
{
    /// <summary>Category of its lines, which has a level of its own.</summary>
    public const string Category = "Dovetail.Proxy.AccessLog";

    private const int MaxPath = 500;

    private readonly string _service;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private AccessLog(string service, TimeProvider time, ILogger logger)
    {
        _service = service;
        _time = time;
        _logger = logger;
    }

    /// <returns>Null when its lines would go nowhere.</returns>
    public static AccessLog? Create(string service, TimeProvider time, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger(Category);
        return logger.IsEnabled(LogLevel.Information) ? new AccessLog(service, time, logger) : null;
    }

    /// <summary>Begins to watch a request.</summary>
    public AccessEntry Begin(HttpContext context)
    {
        var body = new CountingBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        context.Features.Set<IHttpResponseBodyFeature>(body);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return new AccessEntry(_time.GetTimestamp(), target.Split('?', 2)[0], body);
    }

    /// <summary>Writes the line of a request that has ended.</summary>
    /// <param name="status">Of the response; 499 when the client went away before it.</param>
    public void Write(AccessEntry entry, HttpContext context, int status, IPAddress peer) => Log.Request(
        _logger,
        _service,
        Printable.Text(entry.Login ?? peer.ToString(), MaxPath),
        Printable.Text(context.Request.Method),
        Printable.Text(entry.Path, MaxPath),
        status,
        entry.Bytes,
        context.RequestAborted.IsCancellationRequested ? ", cut off" : "",
        ((long)_time.GetElapsedTime(entry.Started).TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
        entry.Upstream ?? "no upstream");

    /// <summary>Writes the line of a request that could not be read.</summary>
    public void WriteRefused(int status, IPAddress peer) =>
        Log.Request(_logger, _service, peer.ToString(), "-", "-", status, 0, "", "0", "no upstream");

    private static partial class Log
    {
        [LoggerMessage(
            4021,
            LogLevel.Information,
            "{Service}: {Peer} \"{Method} {Path}\" {Status}, {Bytes} bytes{End}, {Milliseconds} ms, {Upstream}")]
        public static partial void Request(
            ILogger logger,
            string service,
            string peer,
            string method,
            string path,
            int status,
            long bytes,
            string end,
            string milliseconds,
            string upstream);
    }
}

/// <summary>What the access log will say of a request, gathered while it runs.</summary>
/// <param name="started">A timestamp of the listener's clock.</param>
/// <param name="path">Without the query, which may hold secrets.</param>
internal sealed class AccessEntry(long started, string path, CountingBody body)
{
    public long Started { get; } = started;

    public string Path { get; } = path;

    /// <summary>Bytes of the response's body so far; none of a WebSocket.</summary>
    public long Bytes => body.Bytes;

    /// <summary>Who asks; null: not known.</summary>
    public string? Login { get; set; }

    /// <summary>The container that answers; null: none was asked.</summary>
    public string? Upstream { get; set; }
}
