using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Dovetail.Proxy.Connections;

/// <summary>The certificate of the next handshake. Open connections keep the one they began with.</summary>
internal sealed class CertificateSlot(TimeSpan wait, TimeProvider time)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ServerCertificate? _current;

    public void Set(ServerCertificate certificate)
    {
        _current = certificate;
        _first.TrySetResult();
    }

    /// <summary>For Kestrel: what a handshake uses, whatever name the client asks for.</summary>
    /// <exception cref="AuthenticationException">There was no certificate in time; Kestrel closes the connection.</exception>
    public async ValueTask<SslServerAuthenticationOptions> SelectAsync(TlsHandshakeCallbackContext handshake)
    {
        if (_current is null)
        {
            try
            {
                await _first.Task.WaitAsync(wait, time, handshake.CancellationToken);
            }
            catch (TimeoutException e)
            {
                throw new AuthenticationException("The node has no certificate yet.", e);
            }
        }

        return new SslServerAuthenticationOptions { ServerCertificateContext = _current!.Context };
    }
}

/// <summary>A certificate with its chain and key, ready for handshakes.</summary>
/// <param name="Context">What each handshake uses; built once, offline (no AIA or OCSP fetch).</param>
/// <param name="Leaf">The certificate itself, for its names and dates.</param>
internal sealed record ServerCertificate(SslStreamCertificateContext Context, X509Certificate2 Leaf);
