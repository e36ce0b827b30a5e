using System.Net;
using System.Text;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Dovetail.Proxy;

/// <summary>Builds a node's Kestrel: two ports, each behind the gate, every limit set on purpose.</summary>
internal static class ListenerEndpoints
{
    public static (KestrelServer Server, ListenOptions Https, ListenOptions Http) Build(
        ListenerDependencies parts, IPEndPoint https, IPEndPoint http, ConnectionAdmission gate, CertificateSlot certificates, Func<ListenerState> state)
    {
        var options = new KestrelServerOptions { ApplicationServices = parts.Services, AddServerHeader = false };
        Limit(options, parts.Limits);

        ListenOptions? httpsOptions = null;
        ListenOptions? httpOptions = null;
        options.Listen(https, listen =>
        {
            httpsOptions = listen;
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(next => connection =>
                gate.OnConnectionAsync(connection, isHttps: true, () => RefusalOf(state().Config, isHttps: true), next));
            listen.Use(next => ClosedConnection.Use(next, parts.Time));
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = parts.Limits.HandshakeTimeout,
                OnConnection = certificates.SelectAsync,
            });
            listen.Use(SecureTransport.Use);
        });
        options.Listen(http, listen =>
        {
            httpOptions = listen;
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => gate.OnConnectionAsync(connection, isHttps: false, () => RefusalOf(state().Config, isHttps: false), next));
        });

        return (new KestrelServer(Options.Create(options), parts.Transport, parts.Loggers), httpsOptions!, httpOptions!);
    }

    private static RefusalReason? RefusalOf(ListenerConfig config, bool isHttps) => config switch
    {
        { Service.Http: false } => RefusalReason.NoHttp,
        { Https: false } when isHttps => RefusalReason.NoHttps,
        _ => null,
    };

    private static void Limit(KestrelServerOptions options, ListenerOptions limits)
    {
        options.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        // The gate counts connections, with reasons.
        options.Limits.MaxConcurrentConnections = null;
        options.Limits.MaxConcurrentUpgradedConnections = null;

        // Bodies of any size, at any speed, in both directions.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;

        options.Limits.KeepAliveTimeout = limits.KeepAliveTimeout;
        options.Limits.RequestHeadersTimeout = limits.RequestHeadersTimeout;

        // Twice what is allowed: Kestrel refuses without a word, and RequestSize says what was too large (see there).
        options.Limits.MaxRequestLineSize = 2 * limits.RequestLineSize;
        options.Limits.MaxRequestHeadersTotalSize = 2 * limits.RequestHeadersSize;
        options.Limits.MaxRequestHeaderCount = 2 * limits.RequestHeaderCount;
        options.Limits.Http2.MaxRequestHeaderFieldSize = 2 * limits.RequestHeadersSize;

        // Kestrel does not start when the buffer is smaller than either of the first two.
        options.Limits.MaxRequestBufferSize = Math.Max(
            options.Limits.MaxRequestBufferSize ?? 0, Math.Max(options.Limits.MaxRequestLineSize, options.Limits.MaxRequestHeadersTotalSize));
        options.Limits.Http2.MaxStreamsPerConnection = limits.Http2Streams;
    }
}
