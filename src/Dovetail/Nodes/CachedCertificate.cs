using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.Nodes;

/// <summary>The certificate that tailscaled keeps in its state directory; Dovetail only looks at it.</summary>
/// <param name="NotBefore">Start of its life.</param>
/// <param name="NotAfter">End of its life.</param>
internal sealed record CachedCertificate(DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <returns>Null when there is none that can be read.</returns>
    public static CachedCertificate? Read(string stateDirectory, string domain)
    {
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(stateDirectory, "certs", $"{domain}.crt"));
            return new CachedCertificate(new DateTimeOffset(leaf.NotBefore), new DateTimeOffset(leaf.NotAfter));
        }
        catch (Exception none) when (none is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
