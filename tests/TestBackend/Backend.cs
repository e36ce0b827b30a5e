using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TestBackend;

/// <summary>
/// The requests that the backend answers. Every one may name an <c>id</c>; <c>/seen?id=</c> then tells what became of it, and
/// <c>/say?id=</c> lets it go on where it waits. Elsewhere a POST is answered with its body, all else with the greeting, after <c>ms</c>
/// milliseconds.
/// </summary>
internal sealed class Backend(string greeting)
{
    private readonly ConcurrentDictionary<string, Exchange> _exchanges = new();

    public async Task AnswerAsync(HttpContext context)
    {
        var exchange = _exchanges.GetOrAdd(context.Request.Query["id"].FirstOrDefault() ?? context.TraceIdentifier, _ => new Exchange());
        switch (context.Request.Path)
        {
            case "/seen":
                await context.Response.WriteAsync($"{exchange.State} {exchange.Bytes}");
                return;
            case "/say":
                exchange.Say();
                return;
        }

        exchange.State = Exchange.Running;
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        try
        {
            await ((string?)context.Request.Path switch
            {
                "/take" => TakeAsync(context, exchange),
                "/give" => GiveAsync(context, exchange),
                "/late" => LateAsync(context, exchange),
                "/events" => EventsAsync(context, exchange),
                "/socket" => EchoAsync(context),
                _ => GreetAsync(context),
            });
            exchange.State = Exchange.Completed;
        }
        catch (Exception)
        {
            exchange.State = Exchange.Aborted;
            throw;
        }
    }

    /// <summary>Takes a body and says how long it was, and whether every byte was right.</summary>
    private static async Task TakeAsync(HttpContext context, Exchange exchange)
    {
        var intact = true;
        var buffer = new byte[Pattern.BlockSize];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            intact &= Pattern.IsAt(exchange.Bytes, buffer.AsSpan(0, read));
            exchange.Count(read);
        }

        await context.Response.WriteAsync($"{exchange.Bytes} {(intact ? "intact" : "damaged")}");
    }

    /// <summary>
    /// Gives <c>size</c> bytes, at <c>rate</c> bytes a second, after <c>hold</c> bytes only when told to; <c>length=no</c>: without saying
    /// how many they will be.
    /// </summary>
    private static async Task GiveAsync(HttpContext context, Exchange exchange)
    {
        var size = Number(context, "size");
        var hold = Number(context, "hold");
        var pace = new Pace((int)Number(context, "rate"));
        context.Response.ContentLength = context.Request.Query["length"] == "no" ? null : size;
        while (exchange.Bytes < size)
        {
            await pace.KeepAsync(exchange.Bytes, context.RequestAborted);
            var most = hold > exchange.Bytes ? hold : size;
            var block = Pattern.At(exchange.Bytes, (int)Math.Min(most - exchange.Bytes, pace.BlockSize));
            await context.Response.Body.WriteAsync(block, context.RequestAborted);
            exchange.Count(block.Length);
            if (exchange.Bytes == hold)
            {
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await exchange.WaitAsync(context.RequestAborted);
            }

            // Where a client that is gone does not make a write fail.
            context.RequestAborted.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Answers when told to.</summary>
    private static async Task LateAsync(HttpContext context, Exchange exchange)
    {
        await exchange.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync("at last");
    }

    /// <summary>Server-sent events: the first at once, the second when told to, and then the end.</summary>
    private static async Task EventsAsync(HttpContext context, Exchange exchange)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("data: first\n\n");
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await exchange.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync("data: second\n\n");
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is var message
            && message.MessageType != WebSocketMessageType.Close)
        {
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    private async Task GreetAsync(HttpContext context)
    {
        await Task.Delay((int)Number(context, "ms"), context.RequestAborted);
        if (HttpMethods.IsPost(context.Request.Method))
        {
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
            return;
        }

        // With its length the answer is one piece: whoever is killed has sent all of it or nothing.
        var text = $"{greeting} from {Environment.MachineName}";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(text);
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static long Number(HttpContext context, string name) =>
        long.Parse(context.Request.Query[name].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
}
