using System.Globalization;
using System.Net;
using Dovetail.Common;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>One line per request, for daemons that are told to write it (<c>DOVETAIL_ACCESS_LOG</c>).</summary>
internal sealed partial class AccessLog
{
    /// <summary>Category of its lines; the daemon switches it on and off by this name.</summary>
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

    /// <returns>Null when it is off, so that requests pay nothing for it.</returns>
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
    public void Write(AccessEntry entry, HttpContext context, IPAddress peer)
    {
        // Answered to nobody: by the convention of other proxies.
        var (status, end) = context.RequestAborted.IsCancellationRequested
            ? (context.Response.HasStarted ? context.Response.StatusCode : StatusCodes.Status499ClientClosedRequest, ", cut off")
            : (context.Response.StatusCode, "");
        Log.Request(
            _logger,
            _service,
            Printable.Text(entry.Login ?? peer.ToString(), MaxPath),
            Printable.Text(context.Request.Method),
            Printable.Text(entry.Path, MaxPath),
            status,
            entry.Bytes,
            end,
            ((long)_time.GetElapsedTime(entry.Started).TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            entry.Upstream ?? "no upstream");
    }

    private static partial class Log
    {
        [LoggerMessage(4021, LogLevel.Information, "{Service}: {Peer} \"{Method} {Path}\" {Status}, {Bytes} bytes{End}, {Milliseconds} ms, {Upstream}")]
        public static partial void Request(
            ILogger logger, string service, string peer, string method, string path, int status, long bytes, string end, string milliseconds, string upstream);
    }
}
