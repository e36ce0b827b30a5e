using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>A certificate authority for applications that speak TLS themselves.</summary>
internal sealed class ContainerAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public ContainerAuthority()
    {
        var request = new CertificateRequest("CN=Authority of the containers", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(Now.AddHours(-1), Now.AddDays(1));
    }

    /// <summary>Its certificate, as <c>SSL_CERT_FILE</c> takes it.</summary>
    public string Pem => _root.ExportCertificatePem();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>A certificate of its own making for a host name.</summary>
    public X509Certificate2 Leaf(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(name, key).Create(_root, Now.AddHours(-1), Now.AddHours(12), [1, 2, 3]).CopyWithPrivateKey(key);
    }

    /// <summary>A certificate for a host name that no authority has made.</summary>
    public static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(name, key).CreateSelfSigned(Now.AddHours(-1), Now.AddHours(12));
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }
}
