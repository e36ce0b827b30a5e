using System.IO.Pipelines;
using Dovetail.Common;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Connections;

/// <summary>Stands between Kestrel and a connection of HTTP/1, and knows when a request is served; a connection feature.</summary>
internal sealed class Http1Transport : IDuplexPipe
{
    // As long as Kestrel itself would read.
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly HeadReader _input;
    private readonly RefusalWriter _output;
    private bool _isRead;

    private Http1Transport(IDuplexPipe inner, Func<int, byte[]> refusal, TimeProvider time)
    {
        _time = time;
        _input = new HeadReader(inner.Input);
        _output = new RefusalWriter(inner.Output, refusal);
    }

    public PipeReader Input => _input;

    public PipeWriter Output => _output;

    /// <summary>A step of a connection, the last before Kestrel.</summary>
    /// <param name="refusal">Makes the answer to a request that Kestrel refuses, head and content, from the status.</param>
    public static async Task UseAsync(ConnectionContext connection, Func<int, byte[]> refusal, TimeProvider time, ConnectionDelegate next)
    {
        var original = connection.Transport;
        var transport = new Http1Transport(original, refusal, time);
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
            if (ConnectionOptions.In(context.Request.Headers.Connection).Contains("close", StringComparer.OrdinalIgnoreCase))
            {
                // Kestrel overlooks it where white space other than a blank is beside it.
                ClosingAnswer.To(context);
            }
        }

        _input.EndHead();
        _output.IsServing = true;
    }

    /// <summary>
    /// The request has been dealt with. What is left of its content is read here: were it left to Kestrel, only Kestrel would know where
    /// the next head begins, and that would not be looked at.
    /// </summary>
    public async Task EndContentAsync(HttpContext context) => _isRead = IsRead(context) || await ReadRestAsync(context);

    /// <summary>The answer has been written.</summary>
    public void EndRequest()
    {
        _output.IsServing = false;
        if (_isRead)
        {
            _input.BeginHead();
        }
    }

    /// <returns>False: it did not come to its end, and the connection is given up.</returns>
    private async Task<bool> ReadRestAsync(HttpContext context)
    {
        if (context.RequestAborted.IsCancellationRequested || context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            return false;
        }

        using var patience = new CancellationTokenSource(LongestRest, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        try
        {
            // The client may wait for the end of the answer before it goes on.
            await context.Response.CompleteAsync();
            var content = context.Request.BodyReader;
            while (true)
            {
                var result = await content.ReadAsync(both.Token);
                content.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return true;
                }
            }
        }
        catch (IOException)
        {
            // Broken: Kestrel finds that too, and ends the connection after what it has to say.
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            context.Abort();
            return false;
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
