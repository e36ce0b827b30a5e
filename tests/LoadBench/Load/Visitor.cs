using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace LoadBench.Load;

/// <summary>Somebody who tries again until a page comes.</summary>
internal static class Visitor
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PatienceWithOne = TimeSpan.FromSeconds(10);

    /// <summary>Asks for the front page over new connections until it is answered with 200.</summary>
    /// <param name="entrance">Where to connect; null while there is no such place yet.</param>
    /// <param name="host">The node's name.</param>
    /// <param name="pause">After a failure.</param>
    /// <param name="patienceWithOne">How long a request may take; default 10 s.</param>
    /// <exception cref="TimeoutException">No page came within five minutes.</exception>
    public static async Task FirstAnswerAsync(
        Func<IPEndPoint?> entrance, string host, TimeSpan pause, CancellationToken cancellation, TimeSpan? patienceWithOne = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        Exception? last = null;
        while (TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            try
            {
                if (entrance() is { } place && await IsAnsweredAsync(place, host, patienceWithOne ?? PatienceWithOne, cancellation))
                {
                    return;
                }
            }
            catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException)
            {
                cancellation.ThrowIfCancellationRequested();
                last = failed;
            }

            await Task.Delay(pause, cancellation);
        }

        throw new TimeoutException($"No page came from {entrance()} within {Patience}: {last}");
    }

    private static async Task<bool> IsAnsweredAsync(IPEndPoint place, string host, TimeSpan patience, CancellationToken cancellation)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsAny },
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(place, token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        { Timeout = patience };
        using var answer = await client.GetAsync($"https://{host}/", cancellation);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    // Connections go to an address of this machine; whose certificate answers is not what is measured.
    private static bool IsAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null;
}
