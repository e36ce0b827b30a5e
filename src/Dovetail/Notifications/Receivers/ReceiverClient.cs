using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Dovetail.Common;
using Dovetail.Notifications.Messages;

namespace Dovetail.Notifications.Receivers;

/// <summary>
/// Sends messages. Proxies and certificates are those of the environment (<c>HTTPS_PROXY</c>, <c>SSL_CERT_FILE</c>). Nothing that it says
/// holds an address: it uses neither an exception's text, which may, nor a receiver's answer, which may repeat it.
/// </summary>
internal sealed class ReceiverClient(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        // To another address with the same secrets: never.
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        // Traces would hold the address.
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = System.Threading.Timeout.InfiniteTimeSpan,
    };

    /// <summary>Tries once, for 15 s at most.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<Delivery> SendAsync(Receiver receiver, Message message, CancellationToken cancellationToken)
    {
        using var end = new DeadlineSource(Timeout, time, cancellationToken);
        try
        {
            using var request = RequestOf(receiver, message);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token);
            return Read(answer);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Delivery(DeliveryOutcome.Failed, $"it has not answered for {Timeout.TotalSeconds:0} s");
        }
        catch (HttpRequestException failed)
        {
            return new Delivery(DeliveryOutcome.Failed, Words(failed));
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage RequestOf(Receiver receiver, Message message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, receiver.Address)
        {
            Content = new ByteArrayContent(PayloadText.Write(receiver, message)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.ParseAdd("Dovetail");
        if (receiver.Authorization is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        if (receiver.Token is { } token)
        {
            request.Headers.TryAddWithoutValidation("X-Gotify-Key", token);
        }

        return request;
    }

    private Delivery Read(HttpResponseMessage answer)
    {
        var code = (int)answer.StatusCode;
        var status = string.Create(CultureInfo.InvariantCulture, $"HTTP {code}");
        return code switch
        {
            >= 200 and < 300 => new Delivery(DeliveryOutcome.Sent, "sent"),
            >= 300 and < 400 => Refused("it redirects, which is not followed; give the address to which it leads"),
            400 or 422 => Refused("it does not take the message; see that the URL says the right kind of receiver"),
            401 or 403 => Refused("the token or password is refused"),
            404 or 410 => Refused("there is nothing of that name; see that the URL is whole, and not deleted there"),
            405 => Refused("it takes no messages there; see that the URL is whole"),
            413 => Refused("the message is too long for it"),
            429 => new Delivery(DeliveryOutcome.Failed, $"{status}: it asks to wait", RetryAfter.Of(answer, time)),
            408 or 425 or >= 500 => new Delivery(
                DeliveryOutcome.Failed, $"{status}: it is in trouble", RetryAfter.Of(answer, time)),
            _ => Refused("it does not take the message"),
        };

        Delivery Refused(string why) => new(DeliveryOutcome.Refused, $"{status}: {why}");
    }

    private static string Words(HttpRequestException failed) => failed.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name cannot be resolved",
        HttpRequestError.ConnectionError => "no connection to it",
        // Of the certificate; it does not know the address.
        HttpRequestError.SecureConnectionError when failed.InnerException is AuthenticationException reason =>
            $"no secure connection to it: {Printable.Plain(reason.Message, 200)}",
        HttpRequestError.SecureConnectionError => "no secure connection to it",
        HttpRequestError.ProxyTunnelError => "the proxy of HTTPS_PROXY does not let it through",
        _ => "it broke the connection off",
    };
}
