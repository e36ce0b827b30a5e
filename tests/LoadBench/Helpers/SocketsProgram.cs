using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace LoadBench.Helpers;

/// <summary>
/// <c>LoadBench sockets URL HOST COUNT SECONDS</c>: so many WebSockets at a time, each of which sends a message when the last has come back. Prints
/// when all are open; then, at the end, echoes, seconds, and median and 99th percentile in milliseconds.
/// </summary>
internal static class SocketsProgram
{
    public const string Name = "sockets";
    public const string Open = "open";
    public const string Result = "result ";
    private const int OpenAtATime = 16;
    private static readonly byte[] Message = Encoding.ASCII.GetBytes(new string('m', 64));

    public static async Task<int> RunAsync(string[] arguments)
    {
        var url = new Uri(arguments[0]);
        var host = arguments[1];
        var count = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        var seconds = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            // Connections go to an address of this machine; whose certificate answers is not what is measured.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsAny },
        });
        var sockets = new ConcurrentBag<ClientWebSocket>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = OpenAtATime }, async (_, cancellation) =>
            {
                var socket = new ClientWebSocket();
                socket.Options.SetRequestHeader("Host", host);
                await socket.ConnectAsync(url, invoker, cancellation);
                sockets.Add(socket);
            });
        Console.WriteLine(Open);

        var times = new ConcurrentBag<List<double>>();
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(sockets.Select(socket => EchoAsync(socket, TimeSpan.FromSeconds(seconds), times)));
        var took = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        var sorted = times.SelectMany(own => own).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Result}{sorted.Count} {took} {sorted[sorted.Count / 2]} {sorted[(int)(sorted.Count * 0.99)]}"));
        return 0;
    }

    private static bool IsAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null;

    private static async Task EchoAsync(ClientWebSocket socket, TimeSpan during, ConcurrentBag<List<double>> times)
    {
        var own = new List<double>();
        var buffer = new byte[Message.Length];
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < during;)
        {
            var sent = TimeProvider.System.GetTimestamp();
            await socket.SendAsync(Message.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            var echo = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (echo.Count != Message.Length || !echo.EndOfMessage)
            {
                throw new InvalidOperationException($"an echo of {echo.Count} bytes, {echo.MessageType}");
            }

            own.Add(TimeProvider.System.GetElapsedTime(sent).TotalMilliseconds);
        }

        times.Add(own);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }
}
