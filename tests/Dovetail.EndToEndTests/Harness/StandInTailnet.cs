using System.Net;
using System.Security.Cryptography.X509Certificates;
using FakeTailscale.Control;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The stand-in binaries on a control server in the test process.</summary>
internal sealed class StandInTailnet : Tailnet
{
    private const string ServicesOwner = "owner@example.com";

    private readonly TestControlServer _control;

    private StandInTailnet(TestControlServer control, TestDirectory directory)
    {
        _control = control;
        Tailscaled = LinkTo(directory["tailscaled"]);
        Tailscale = LinkTo(directory["tailscale"]);
        AuthKey = AuthKeyOf(ServicesOwner);
        Authorities = [];
        Authorities.ImportFromPem(control.CaCertificatePem);
    }

    /// <summary>For faults of control and of the certificate authority.</summary>
    public TestControlServer Control => _control;

    public override string ControlUrl => _control.Url;

    public override string Tailscaled { get; }

    public override string Tailscale { get; }

    public override X509Certificate2Collection Authorities { get; }

    public override IReadOnlyDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>();

    public override string AuthKey { get; }

    /// <param name="address">Where the control server listens: one that the nodes reach.</param>
    public static async Task<StandInTailnet> ListenAsync(TestDirectory directory, IPAddress address) =>
        new(await TestControlServer.StartAsync(new TestControlOptions { Address = address }), directory);

    public override string AuthKeyOf(string login) => _control.CreateAuthKey(new AuthKeyOptions { User = login });

    public override int? RegistrationsOf(string hostName) => _control.FindNode(hostName)?.RegistrationCount ?? 0;

    public override int? CertificatesOf(string hostName) =>
        _control.FindNode(hostName) is { } node ? _control.CertificateOrders(node.DnsName) : 0;

    public override ValueTask DisposeAsync() => _control.DisposeAsync();

    // The stand-in is one program that acts by the name it is started under.
    private static string LinkTo(string path) =>
        File.CreateSymbolicLink(path, Path.Combine(AppContext.BaseDirectory, "FakeTailscale")).FullName;
}
