using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Proxy.Connections;

namespace Dovetail.Nodes;

/// <summary>Reads what <c>tailscale cert</c> prints: the chain, leaf first, and the key, in one PEM text and in any order.</summary>
internal static class CertificatePair
{
    /// <exception cref="CryptographicException">The text holds no certificate with its key.</exception>
    public static ServerCertificate Read(string pem)
    {
        try
        {
            var leaf = X509Certificate2.CreateFromPem(pem, pem);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            // Offline: building the context must never fetch what the certificate names.
            return new ServerCertificate(SslStreamCertificateContext.Create(leaf, [.. chain.Skip(1)], offline: true), leaf);
        }
        catch (ArgumentException cause)
        {
            throw new CryptographicException("tailscale cert printed no certificate with its key", cause);
        }
    }
}
