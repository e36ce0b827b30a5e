using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Proxy.Connections;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A self-signed certificate as a node would have it.</summary>
internal static class TestCertificate
{
    public static ServerCertificate Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        var leaf = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        return new ServerCertificate(SslStreamCertificateContext.Create(leaf, additionalCertificates: null, offline: true), leaf);
    }
}
