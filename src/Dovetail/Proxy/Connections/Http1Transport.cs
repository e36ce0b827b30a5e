using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Connections;

/// <summary>Stands between Kestrel and a connection of HTTP/1, and knows when a request is served; a connection feature.</summary>
internal sealed class Http1Transport : IDuplexPipe
{
    private readonly HeadReader _input;
    private readonly RefusalWriter _output;
    private bool _isRead;

    private Http1Transport(IDuplexPipe inner, Func<int, byte[]> refusal)
    {
        _input = new HeadReader(inner.Input);
        _output = new RefusalWriter(inner.Output, refusal);
    }

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    /// <summary>A step of a connection, the last before Kestrel.</summary>
    /// <param name="refusal">Makes the answer to a request that Kestrel refuses, head and content, from the status.</param>
    public static async Task UseAsync(ConnectionContext connection, Func<int, byte[]> refusal, ConnectionDelegate next)
    {
        var original = connection.Transport;
        var transport = new Http1Transport(original, refusal);
        connection.Transport = transport;
        connection.Features.Set(transport);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = original;
        }
    }

    /// <summary>A head has been read.</summary>
    public void BeginRequest(HttpContext context)
    {
        if (_input.Connection is { } connection)
        {
            context.Request.Headers.Connection = connection.ToArray();
        }

        _input.EndHead();
        _output.IsServing = true;
    }

    /// <summary>
    /// The request has been dealt with, and what it holds is read no further. Of what is left Kestrel reads the rest, and only Kestrel
    /// knows where the next request begins.
    /// </summary>
    public void EndContent(HttpContext context) => _isRead = IsRead(context);

    /// <summary>The answer has been written.</summary>
    public void EndRequest()
    {
        _output.IsServing = false;
        if (_isRead)
        {
            _input.BeginHead();
        }
    }

    private static bool IsRead(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return true;
        }

        try
        {
            var content = context.Request.BodyReader;
            if (!content.TryRead(out var result))
            {
                return false;
            }

            content.AdvanceTo(result.Buffer.Start);
            return result is { IsCompleted: true, Buffer.IsEmpty: true };
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            // Broken, or still being read by what was given up.
            return false;
        }
    }
}
