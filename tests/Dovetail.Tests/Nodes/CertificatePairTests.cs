using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Nodes;

namespace Dovetail.Tests.Nodes;

public sealed class CertificatePairTests
{
    private static readonly DateTimeOffset From = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = From.AddYears(50);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_chain_leaf_first_and_the_key_before_or_after_it(bool keyFirst)
    {
        using var root = Authority("CN=Root", issuer: null);
        using var intermediate = Authority("CN=Intermediate", root);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=web.tailtest.ts.net", key, HashAlgorithmName.SHA256);
        using var leaf = request.Create(intermediate, From, Until, [3]);
        var keyPem = $"{PemEncoding.WriteString("EC PRIVATE KEY", key.ExportECPrivateKey())}\n";
        var chainPem = $"{leaf.ExportCertificatePem()}\n{intermediate.ExportCertificatePem()}\n";

        var pair = CertificatePair.Read(keyFirst ? keyPem + chainPem : chainPem + keyPem);

        Assert.Equal("CN=web.tailtest.ts.net", pair.Leaf.Subject);
        Assert.True(pair.Leaf.HasPrivateKey);
        Assert.Equal("CN=Intermediate", Assert.Single(pair.Context.IntermediateCertificates).Subject);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not PEM at all")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void Anything_else_is_an_error_of_one_kind(string pem) =>
        Assert.ThrowsAny<CryptographicException>(() => CertificatePair.Read(pem));

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        if (issuer is null)
        {
            return request.CreateSelfSigned(From, Until);
        }

        using var publicPart = request.Create(issuer, From, Until, [2]);
        return publicPart.CopyWithPrivateKey(key);
    }
}
