using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Upstreams;

/// <summary>A container that speaks TLS, and visitors who choose Host freely.</summary>
public sealed class UpstreamTlsTests
{
    private const SslPolicyErrors WrongName = SslPolicyErrors.RemoteCertificateNameMismatch;
    private const SslPolicyErrors WrongChain = SslPolicyErrors.RemoteCertificateChainErrors;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_visitor_chooses_neither_the_name_that_the_container_is_asked_for_nor_how_many_connections_stay(string version)
    {
        var names = new ConcurrentBag<string>();
        var hosts = new ConcurrentBag<string>();
        var open = new ConcurrentDictionary<string, bool>();
        await using var upstream = await TestUpstream.StartAsync(
            context =>
            {
                hosts.Add(context.Request.Host.Value!);
                return Task.CompletedTask;
            },
            scheme: UpstreamScheme.HttpsInsecure,
            connected: (id, isOpen) => _ = isOpen ? open.TryAdd(id, true) : open.TryRemove(id, out _),
            serverName: names.Add);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        string[] own = [TestListener.HostName, "web"];
        string[] spelled = [.. Enumerable.Range(1, 40).Select(i => $"web:{i}"), "100.64.0.3", "WEB.example.ts.net", "Web", "web.Example.ts.net."];

        foreach (var host in own.Concat(spelled))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/")
            {
                Version = Version.Parse(version),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Headers = { Host = host },
            };
            using var response = await client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // What the container sees as Host is the visitor's; the rest is not.
        Assert.Equal(
            own.Concat(spelled).Order(StringComparer.OrdinalIgnoreCase),
            hosts.Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
        Assert.All(names, name => Assert.Equal(TestListener.HostName, name));
        await Eventually.TrueAsync(() => open.Count <= own.Length);
    }

    [Theory]
    [InlineData("Https", "web.example.ts.net", SslPolicyErrors.None, true)]
    [InlineData("Https", "shop-app-1", WrongName, true)]
    [InlineData("Https", "elsewhere.example", WrongName, false)]
    [InlineData("Https", "shop-app-1", WrongName | WrongChain, false)]
    [InlineData("Https", "web.example.ts.net", WrongChain, false)]
    [InlineData("Https", "web.example.ts.net", SslPolicyErrors.RemoteCertificateNotAvailable, false)]
    [InlineData("HttpsInsecure", "elsewhere.example", WrongName | WrongChain, true)]
    public void A_trusted_certificate_will_do_for_the_nodes_name_or_the_containers(
        string scheme, string name, SslPolicyErrors errors, bool isGood)
    {
        var address = new UpstreamAddress(
            "id", "shop-app-1", Enum.Parse<UpstreamScheme>(scheme), "172.18.0.2", 443, TestListener.HostName);

        Assert.Equal(isGood, UpstreamTls.IsGood(address, TestCertificate.Create(name).Leaf, errors));
    }

    [Fact]
    public void What_is_no_container_is_asked_for_its_own_name_and_not_for_the_nodes()
    {
        var address = new UpstreamAddress("nas.lan:443", "nas.lan:443", UpstreamScheme.Https, "nas.lan", 443, TestListener.HostName);

        Assert.Equal(TestListener.HostName, address.TlsName);
        Assert.Equal("nas.lan", (address with { IsContainer = false }).TlsName);
    }

    [Theory]
    [InlineData("under_score")]
    [InlineData("-")]
    [InlineData("")]
    public void A_containers_name_that_no_certificate_can_hold_refuses_the_certificate_and_breaks_nothing(string container)
    {
        var address = new UpstreamAddress("id", container, UpstreamScheme.Https, "172.18.0.2", 443);

        Assert.False(UpstreamTls.IsGood(address, TestCertificate.Create("elsewhere.example").Leaf, WrongName));
    }
}
