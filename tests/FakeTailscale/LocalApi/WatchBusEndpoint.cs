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
            await call.SendErrorAsync(400, "bad mask").ConfigureAwait(false);
            return;
        }

        CancellationToken gone = call.Exchange.WatchForDisconnect();
        BusSubscriber subscriber = backend.Subscribe(mask, call.Peer.Process);
        try
        {
            await call.Exchange.StartStreamAsync(LocalApiCall.Headers("application/json")).ConfigureAwait(false);
            while (await subscriber.Lines.Reader.WaitToReadAsync(gone).ConfigureAwait(false))
            {
                while (subscriber.Lines.Reader.TryRead(out byte[]? line))
                {
                    await call.Exchange.SendChunkAsync(line).ConfigureAwait(false);
                }
            }

            await call.Exchange.EndStreamAsync().ConfigureAwait(false);
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
