using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>
/// A real browser on a peer's device: what a page does all day goes through Dovetail. Alone on the machine: Chromium breaks off whatever is under
/// way (ERR_NETWORK_CHANGED) when a container of another test comes or goes.
/// </summary>
[Collection(MeasuredTests.Name)]
public sealed class ChromiumTests(Engine engine) : EndToEndTest(engine)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact(Timeout = 300_000)]
    public async Task A_browser_does_through_a_peer_whatever_browsers_do()
    {
        var chromium = TestSettings.Chromium;
        Assert.SkipUnless(chromium is not null, "Chromium is not installed (Debian: chromium), and DOVETAIL_TEST_CHROMIUM names none.");
        var site = new ChromiumSite();
        await using var upstream = await ProtocolUpstream.StartAsync(["site.test"], site.AnswerAsync);
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        await RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "site", ["port"] = upstream.Http.ToString(CultureInfo.InvariantCulture) },
            options: ["--network", "host"], command: ["sleep", "100000"]);
        await daemon.ReadyAsync("site");
        var name = peer.NameOf("site");
        var home = System.IO.Directory.CreateDirectory(Directory["chromium"]).FullName;

        await using var browser = new BackgroundProcess(
            chromium,
            [
                // The container of a build has no user namespaces for Chromium's own sandbox.
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                $"--user-data-dir={home}", $"--proxy-server=socks5://{peer.Socks}",
                $"--ignore-certificate-errors-spki-list={await KeyOfAsync(peer, name)}", $"https://{name}/",
            ],
            new Dictionary<string, string?> { ["HOME"] = home, ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:" });
        var result = await site.Result.WaitAsync(Patience, Cancellation).ContinueWith(
            done => done.IsCompletedSuccessfully ? done.Result : browser.Log, TaskScheduler.Default);

        const string Expected = """
            200 assets: ok
            30 WebSockets: ok
            an event source: ok
            a streaming fetch: ok
            an upload with progress: ok
            a range: ok
            seeking in a sound: ok
            a service worker: ok
            """;
        Assert.True(result == Expected, result);
    }

    /// <summary>By which Chromium knows the certificate as good: it takes no authorities from files.</summary>
    private static async Task<string> KeyOfAsync(TailnetPeer peer, string name)
    {
        await using SslStream stream = await peer.SecureAsync(name, Cancellation);
        using var certificate = X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());
        return Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }
}
