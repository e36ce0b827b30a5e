using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// The tailnet of one test: a control server of its own and the two binaries, the stand-in's or the real ones that the environment names
/// (<see cref="TestSettings"/>). Tests speak to it as its devices and its administrator do.
/// </summary>
internal sealed class Tailnet : IAsyncDisposable
{
    private const string ServicesOwner = "owner@example.com";

    private Tailnet(ControlServer control, TestDirectory directory, string release)
    {
        Control = control;
        Tailscaled = TestSettings.Tailscaled ?? LinkTo(directory["tailscaled"]);
        Tailscale = TestSettings.Tailscale ?? LinkTo(directory["tailscale"]);
        Authorities = [];
        Authorities.ImportFromPemFile(control.Authority);
        Environment = new Dictionary<string, string?>
        {
            ["SSL_CERT_FILE"] = control.Authority,
            ["TS_DEBUG_ACME_DIRECTORY_URL"] = control.AcmeDirectory,
            ["TS_PANIC_IF_HIT_MAIN_CONTROL"] = "1",
            ["TS_NO_LOGS_NO_SUPPORT"] = "true",
            ["TS_ASSUME_NETWORK_UP_FOR_TEST"] = "1",
            ["TS_DISABLE_PORTMAPPER"] = "1",
            ["TS_NETCHECK_GENERATE_204_URL"] = control.OwnUrl + "/generate_204",
            ["FAKE_TAILSCALE_VERSION"] = release,
        };
    }

    /// <summary>For its machines, its keys, and faults of control and of the certificate authority.</summary>
    public ControlServer Control { get; }

    public string ControlUrl => Control.Url;

    /// <summary>Path of <c>tailscaled</c>.</summary>
    public string Tailscaled { get; }

    /// <summary>Path of the <c>tailscale</c> command line client.</summary>
    public string Tailscale { get; }

    /// <summary>Who issues the certificates of the tailnet's nodes.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>What both binaries need in their environment on this tailnet.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>A reusable auth key for services.</summary>
    public string AuthKey { get; private set; } = "";

    /// <param name="address">Where the control server listens: one that the nodes reach.</param>
    /// <param name="release">As which release of Tailscale the stand-in behaves.</param>
    public static async Task<Tailnet> StartAsync(TestDirectory directory, IPAddress address, string release)
    {
        var control = await ControlServer.StartAsync(directory, address);
        try
        {
            var tailnet = new Tailnet(control, directory, release);
            tailnet.AuthKey = await tailnet.AuthKeyOfAsync(ServicesOwner);
            return tailnet;
        }
        catch
        {
            await control.DisposeAsync();
            throw;
        }
    }

    /// <summary>An auth key of one user, for a peer.</summary>
    public Task<string> AuthKeyOfAsync(string login) => Control.AddKeyAsync($"reusable=1&user={Uri.EscapeDataString(login)}");

    /// <summary>How often machines of this name have registered; 1 where the control server does not say.</summary>
    public async Task<int> RegistrationsOfAsync(string name) => await Control.FindAsync(name) is { } node ? node.Registrations ?? 1 : 0;

    /// <summary>How many certificates were issued for this name.</summary>
    public async Task<int> CertificatesOfAsync(string name) =>
        await Control.FindAsync(name) is { } node ? await Control.CertificatesAsync(node.DnsName) : 0;

    public ValueTask DisposeAsync() => Control.DisposeAsync();

    // The stand-in is one program that acts by the name it is started under.
    private static string LinkTo(string path) =>
        File.CreateSymbolicLink(path, TestSettings.StandIn).FullName;
}
