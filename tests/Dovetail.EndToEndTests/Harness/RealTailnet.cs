using System.Security.Cryptography.X509Certificates;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The real binaries on a control server that runs elsewhere.</summary>
internal sealed class RealTailnet : Tailnet
{
    public RealTailnet(string controlUrl)
    {
        ControlUrl = controlUrl;
        Tailscaled = TestSettings.Tailscaled ?? throw Missing("DOVETAIL_TEST_TAILSCALED");
        Tailscale = TestSettings.Tailscale ?? throw Missing("DOVETAIL_TEST_TAILSCALE");
        AuthKey = TestSettings.AuthKey ?? throw Missing("DOVETAIL_TEST_AUTHKEY");
        var authority = TestSettings.CertificateAuthority ?? throw Missing("DOVETAIL_TEST_CA");
        Authorities = [];
        Authorities.ImportFromPemFile(authority);
        Environment = new Dictionary<string, string?> { ["SSL_CERT_FILE"] = authority };
    }

    public override string ControlUrl { get; }

    public override string Tailscaled { get; }

    public override string Tailscale { get; }

    public override X509Certificate2Collection Authorities { get; }

    public override IReadOnlyDictionary<string, string?> Environment { get; }

    public override string AuthKey { get; }

    public override string AuthKeyOf(string login) => AuthKey;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static InvalidOperationException Missing(string variable) =>
        new($"{variable} is not set, but DOVETAIL_TEST_CONTROL_URL is: the real binaries need both, and DOVETAIL_TEST_TAILSCALED, " +
            "DOVETAIL_TEST_TAILSCALE, DOVETAIL_TEST_AUTHKEY and DOVETAIL_TEST_CA.");
}
