using System.Globalization;
using System.Net.Sockets;
using System.Text;
using FakeTailscale.Common;
using FakeTailscale.Http;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>Talks to one control server; every failure is a <see cref="ControlException"/> in Tailscale's words.</summary>
internal sealed class ControlClient(string url)
{
    private readonly string _url = url.TrimEnd('/');

    /// <summary>The first thing a daemon asks: shows whether there is a control server at all.</summary>
    public async Task FetchKeyAsync(CancellationToken cancellation)
    {
        try
        {
            using HttpReply reply = await SendAsync("GET", "/key?v=133", null, cancellation);
            if (reply.Status != 200)
            {
                throw new ControlException($"fetch control key: {reply.StatusLine}");
            }
        }
        catch (SocketException failure)
        {
            throw new ControlException($"fetch control key: Get \"{_url}/key?v=133\": {Dial(failure)}");
        }
        catch (Exception failure) when (failure is IOException or UriFormatException)
        {
            throw new ControlException($"fetch control key: Get \"{_url}/key?v=133\": EOF");
        }
    }

    public async Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellation)
    {
        try
        {
            using HttpReply reply = await SendAsync("POST", "/machine/register", request.ToBody(), cancellation);
            byte[] body = await reply.ReadBodyAsync(cancellation);
            if (reply.Status == 429 && StandInVersion.WaitsOutRateLimits)
            {
                throw RateLimitedException.Of(reply, Encoding.UTF8.GetString(body).Trim());
            }

            return reply.Status == 200
                ? RegisterReply.Read(body)
                : throw new ControlException($"register request: http {reply.Status}: {Encoding.UTF8.GetString(body).Trim()}");
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw new ControlException(
                $"register request: Post \"https://{ServerAddress.HostPort(_url)}/machine/register\": {Describe(failure)}");
        }
    }

    /// <summary>Hands on every map until the stream ends or breaks.</summary>
    public async Task PollMapAsync(MapRequest request, Action<NetworkMap> received, CancellationToken cancellation)
    {
        try
        {
            using HttpReply reply = await SendAsync("POST", "/machine/map", request.ToBody(), cancellation);
            if (reply.Status != 200)
            {
                byte[] body = await reply.ReadBodyAsync(cancellation);
                throw new ControlException($"PollNetMap: initial fetch failed {reply.Status}: {Encoding.UTF8.GetString(body).Trim()}");
            }

            while (await reply.ReadChunkAsync(cancellation) is { Length: > 0 } line)
            {
                if (line.Length > 1)
                {
                    received(NetworkMap.Read(line));
                }
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw new ControlException($"PollNetMap: {Describe(failure)}");
        }
    }

    /// <summary>Tells control a changed host name.</summary>
    public async Task UpdateHostnameAsync(string nodeKey, string hostname, CancellationToken cancellation)
    {
        try
        {
            byte[] body = Json.Line(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("key", nodeKey);
                writer.WriteString("host", hostname);
                writer.WriteEndObject();
            });
            using HttpReply reply = await SendAsync("POST", "/machine/host", body, cancellation);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw new ControlException($"lite map update error: {Describe(failure)}");
        }
    }

    /// <summary>Asks control to publish the proof for a certificate, for at most 10 s as recorded.</summary>
    public async Task SetDnsAsync(string nodeKey, string name, string value, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        byte[] body = Json.Line(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("key", nodeKey);
            writer.WriteString("name", name);
            writer.WriteString("value", value);
            writer.WriteEndObject();
        });
        while (true)
        {
            try
            {
                using HttpReply reply = await SendAsync("POST", "/machine/set-dns", body, limit.Token);
                byte[] answer = await reply.ReadBodyAsync(limit.Token);
                if (reply.Status != 200)
                {
                    throw new ControlException(
                        $"SetDNS \"{name}\" => \"{value}\": set-dns response: {reply.StatusLine}, "
                            + $"{Encoding.UTF8.GetString(answer).Trim()}");
                }

                return;
            }
            catch (Exception failure) when (failure is IOException or SocketException)
            {
                await Task.Delay(100, CancellationToken.None);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new ControlException(
                    $"SetDNS \"{name}\" => \"{value}\": Post \"https://{new Uri(_url).Host}/machine/set-dns\": connection attempts "
                        + "aborted by context: context deadline exceeded");
            }
        }
    }

    private Task<HttpReply> SendAsync(string method, string path, byte[]? body, CancellationToken cancellation) =>
        HttpCall.SendAsync(ServerAddress.EndPoint(_url), method, path, ServerAddress.HostPort(_url), body, cancellation);

    private string Dial(SocketException failure) =>
        failure.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
        ? $"dial tcp: lookup {new Uri(_url).Host}: no such host"
        : $"dial tcp {ServerAddress.HostPort(_url)}: {GoSocketError.Describe(failure.SocketErrorCode)}";

    private string Describe(Exception failure) => failure is SocketException socket ? Dial(socket) : "unexpected EOF";
}

/// <summary>The control server could not be asked, or did not answer as it should; the message is the one Tailscale logs.</summary>
internal class ControlException : Exception
{
    public ControlException()
    {
    }

    public ControlException(string message)
        : base(message)
    {
    }

    public ControlException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>The control server, or the certificate authority, asks to come again later.</summary>
internal sealed class RateLimitedException : ControlException
{
    // How long a daemon waits that is told no time.
    private static readonly TimeSpan Unsaid = TimeSpan.FromSeconds(10);

    public RateLimitedException()
    {
    }

    public RateLimitedException(string message)
        : base(message)
    {
    }

    public RateLimitedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public TimeSpan RetryAfter { get; private init; } = Unsaid;

    /// <param name="answer">What the server said.</param>
    public static RateLimitedException Of(HttpReply reply, string answer) => new(answer)
    {
        RetryAfter = int.TryParse(reply.Headers.Find("Retry-After"), CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : Unsaid,
    };
}
