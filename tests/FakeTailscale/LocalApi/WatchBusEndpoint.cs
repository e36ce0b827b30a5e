using System.Globalization;
using FakeTailscale.Daemon;

namespace FakeTailscale.LocalApi;

/// <summary><c>watch-ipn-bus</c>: head at once, then one JSON object per line, ended cleanly when the daemon shuts down.</summary>
internal sealed class WatchBusEndpoint(Backend backend)
{
    public async Task HandleAsync(LocalApiCall call)
    {
        long mask = 0;
        if (call.Request.Query("mask") is { Length: > 0 } text && !long.TryParse(text, CultureInfo.InvariantCulture, out mask))
        {
            await call.SendErrorAsync(400, "bad mask");
            return;
        }

        CancellationToken gone = call.Exchange.WatchForDisconnect();
        BusSubscriber subscriber = backend.Subscribe(mask, call.Peer.Process);
        try
        {
            await call.Exchange.StartStreamAsync(LocalApiCall.Headers("application/json"));
            while (await subscriber.Lines.Reader.WaitToReadAsync(gone))
            {
                while (subscriber.Lines.Reader.TryRead(out byte[]? line))
                {
                    await call.Exchange.SendChunkAsync(line);
                }
            }

            await call.Exchange.EndStreamAsync();
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            backend.Unsubscribe(subscriber);
        }
    }
}
