using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// TLS to an upstream. The HTTP client would take the name from Host, by which a visitor would choose the container's virtual host and
/// whose certificate will do; so it is done here, with the names that whoever runs the container has chosen.
/// </summary>
internal static class UpstreamTls
{
    /// <param name="version">Of the request for which the connection is made: one of 1.1 (an upgrade) must not end on HTTP/2.</param>
    /// <returns>The stream that replaces <paramref name="stream"/>.</returns>
    /// <exception cref="HttpRequestException">The container does not speak TLS, or its certificate is not good.</exception>
    public static async Task<Stream> AuthenticateAsync(
        Stream stream, UpstreamAddress address, Version version, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = address.TlsName,
                    ApplicationProtocols = version >= HttpVersion.Version20
                        ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
                        : [SslApplicationProtocol.Http11],
                    RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsGood(address, certificate, errors),
                },
                cancellationToken);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            if (e is AuthenticationException or IOException)
            {
                throw new HttpRequestException(
                    HttpRequestError.SecureConnectionError, $"No TLS with {address.ContainerName}: {e.Message}", e);
            }

            throw;
        }
    }

    /// <summary>
    /// Whether the certificate will do: it is trusted, and made out to the node's tailnet name, to the container's name or to its address.
    /// Of what is no container, to the host that it is named by. Of <c>https+insecure</c> nothing is asked.
    /// </summary>
    /// <param name="errors">What the platform says of it for <see cref="UpstreamAddress.TlsName"/>.</param>
    public static bool IsGood(UpstreamAddress address, X509Certificate? certificate, SslPolicyErrors errors) =>
        address.Scheme == UpstreamScheme.HttpsInsecure
        || errors == SslPolicyErrors.None
        || (errors == SslPolicyErrors.RemoteCertificateNameMismatch
            && certificate is X509Certificate2 leaf
            && (Matches(leaf, address.PlainName) || Matches(leaf, address.Host)));

    private static bool Matches(X509Certificate2 certificate, string name)
    {
        // A container's name may hold what no host name does.
        return Uri.CheckHostName(name) != UriHostNameType.Unknown && certificate.MatchesHostname(name);
    }
}
