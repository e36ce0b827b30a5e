using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FakeTailscale.Control;

/// <summary>The test CA: a root, an intermediate, and leaves as the control server of the recordings issues them.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private static readonly TimeSpan BackDating = TimeSpan.FromHours(1);

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _issuer;

    public CertificateAuthority()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        CertificateRequest root = new("CN=Test CA Root", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        root.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(root.PublicKey, false));
        _root = root.CreateSelfSigned(now - BackDating, now.AddYears(10));

        CertificateRequest issuer = new("O=Test CA, CN=T1", _issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        issuer.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        issuer.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(issuer.PublicKey, false));
        issuer.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        _issuer = issuer.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey), now - BackDating, now.AddYears(9), Serial());
    }

    public string RootPem => _root.ExportCertificatePem() + "\n";

    /// <summary>The chain in PEM, leaf first, without the root.</summary>
    public string Issue(string name, byte[] publicKey, TimeSpan backDating, TimeSpan lifetime)
    {
        PublicKey key = PublicKey.CreateFromSubjectPublicKeyInfo(publicKey, out _);
        CertificateRequest request = new(new X500DistinguishedName($"CN={name}"), key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_issuer, true, false));
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 leaf = request.Create(
            _issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(_issuerKey), now - backDating, now + lifetime, Serial());
        return $"{leaf.ExportCertificatePem()}\n{_issuer.ExportCertificatePem()}\n";
    }

    public void Dispose()
    {
        _root.Dispose();
        _issuer.Dispose();
        _rootKey.Dispose();
        _issuerKey.Dispose();
    }

    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        serial[0] &= 0x7f;
        serial[0] |= 0x10;
        return serial;
    }
}
