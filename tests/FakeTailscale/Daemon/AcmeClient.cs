using System.Net.Sockets;
using System.Text;
using FakeTailscale.Common;
using FakeTailscale.Http;

namespace FakeTailscale.Daemon;

/// <summary>
/// Orders certificates. The words and waits are those recorded for ACME (cert-acme.txt): a refused connection is an error at once,
/// while answers 5xx and 429 are tried again until the caller goes away.
/// </summary>
internal sealed class AcmeClient(string directoryUrl)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    public async Task RegisterAsync(CancellationToken cancellation) =>
        await CallAsync("acme.GetReg", "GET", new Uri(directoryUrl).AbsolutePath, null, cancellation);

    /// <returns>The chain in PEM, leaf first.</returns>
    public Task<byte[]> OrderAsync(string name, byte[] publicKey, CancellationToken cancellation)
    {
        byte[] body = Json.Line(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteBase64String("publicKey", publicKey);
            writer.WriteEndObject();
        });
        return CallAsync("CreateOrder", "POST", "/new-order", body, cancellation);
    }

    private async Task<byte[]> CallAsync(string step, string method, string path, byte[]? body, CancellationToken cancellation)
    {
        while (true)
        {
            string trouble;
            try
            {
                using HttpReply reply = await HttpCall.SendAsync(
                    ServerAddress.EndPoint(directoryUrl), method, path, ServerAddress.HostPort(directoryUrl), body, cancellation);
                byte[] answer = await reply.ReadBodyAsync(cancellation);
                if (reply.Status == 200)
                {
                    return answer;
                }

                trouble = Encoding.UTF8.GetString(answer).Trim();
                if (reply.Status == 429 && StandInVersion.TellsCertificateLimits)
                {
                    throw RateLimitedException.Of(reply, trouble);
                }

                if (reply.Status is not (429 or >= 500))
                {
                    throw new ControlException(trouble);
                }
            }
            catch (SocketException failure)
            {
                throw new ControlException(
                    $"{step}: Get \"{directoryUrl}\": dial tcp {ServerAddress.HostPort(directoryUrl)}: "
                        + $"{GoSocketError.Describe(failure.SocketErrorCode)}");
            }
            catch (IOException)
            {
                throw new ControlException($"{step}: Get \"{directoryUrl}\": EOF");
            }

            try
            {
                await Task.Delay(Retry, cancellation);
            }
            catch (OperationCanceledException)
            {
                throw new ControlException(trouble);
            }
        }
    }
}
