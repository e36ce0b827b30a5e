using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Docker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Docker;

/// <summary>An Engine behind TCP with TLS that wants a client certificate, as Docker's own documentation sets it up.</summary>
public sealed class DockerTlsTests : IAsyncLifetime
{
    private readonly DirectoryInfo _certs = Directory.CreateTempSubdirectory("dvt");
    private readonly X509Certificate2 _ca = NewCa();
    private WebApplication? _server;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private int Port => new Uri(_server!.Urls.Single()).Port;

    public async ValueTask InitializeAsync()
    {
        using var serverCertificate = Issue("localhost");
        using var clientCertificate = Issue("client");
        WritePem("ca.pem", _ca.ExportCertificatePem());
        WritePem("cert.pem", clientCertificate.ExportCertificatePem());
        WritePem("key.pem", clientCertificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        var loaded = X509CertificateLoader.LoadPkcs12(serverCertificate.Export(X509ContentType.Pkcs12), null);
        void Configure(HttpsConnectionAdapterOptions https)
        {
            https.ServerCertificate = loaded;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => certificate.Issuer == _ca.Subject;
        }

        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(Configure)));
        _server = builder.Build();
        _server.Run(context => context.Response.WriteAsync("""{"Version":"27.0","ApiVersion":"1.46","MinAPIVersion":"1.24"}""", Cancelled));
        await _server.StartAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _ca.Dispose();
        _certs.Delete(recursive: true);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("localhost", false)]
    [InlineData("127.0.0.1", false)]
    public async Task The_right_certificates_open_the_way(string host, bool verify)
    {
        using var client = Client(host, verify);

        Assert.Equal("27.0", (await client.GetVersionAsync(Cancelled)).Engine);
    }

    [Fact]
    public async Task A_further_Engine_takes_the_certificates_in_a_folder_of_its_name_where_there_is_one()
    {
        using var shared = Client("localhost", verify: true, engine: "nas");
        Assert.Equal("27.0", (await shared.GetVersionAsync(Cancelled)).Engine);

        var own = _certs.CreateSubdirectory("nas").FullName;
        foreach (var name in (string[])["ca.pem", "cert.pem", "key.pem"])
        {
            File.Move(Path.Combine(_certs.FullName, name), Path.Combine(own, name));
        }

        using var client = Client("localhost", verify: true, engine: "nas");
        Assert.Equal("27.0", (await client.GetVersionAsync(Cancelled)).Engine);
    }

    [Fact]
    public async Task A_certificate_for_another_host_is_refused() => await AssertRefusedAsync("127.0.0.1");

    [Fact]
    public async Task A_certificate_of_another_ca_is_refused()
    {
        using var other = NewCa();
        WritePem("ca.pem", other.ExportCertificatePem());

        await AssertRefusedAsync("localhost");
    }

    [Theory]
    [InlineData("ca.pem")]
    [InlineData("cert.pem")]
    [InlineData("key.pem")]
    public async Task A_file_that_is_missing_or_broken_is_said(string file)
    {
        WritePem(file, "garbage");
        await AssertRefusedAsync("localhost");
        File.Delete(Path.Combine(_certs.FullName, file));
        await AssertRefusedAsync("localhost");
    }

    [Fact]
    public async Task Plain_http_to_an_engine_with_tls_is_a_failure_that_says_where()
    {
        using var client = new DockerClient(new DockerEndpoint { Host = "localhost", Port = Port }, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.Contains($"tcp://localhost:{Port}", error.Message, StringComparison.Ordinal);
    }

    private async Task AssertRefusedAsync(string host)
    {
        using var client = Client(host, verify: true);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.StartsWith($"TLS with the Docker Engine at tcp://{host}:{Port} failed", error.Message, StringComparison.Ordinal);
        Assert.Contains($"DOCKER_CERT_PATH={_certs.FullName}", error.Message, StringComparison.Ordinal);
    }

    private DockerClient Client(string host, bool verify, string? engine = null) => new(
        new DockerEndpoint { Engine = engine, Host = host, Port = Port, Tls = new DockerTls(_certs.FullName, verify) },
        TimeProvider.System);

    private void WritePem(string file, string pem) => File.WriteAllText(Path.Combine(_certs.FullName, file), pem);

    private X509Certificate2 Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            _ca,
            TimeProvider.System.GetUtcNow().AddMinutes(-5),
            TimeProvider.System.GetUtcNow().AddHours(1),
            RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 NewCa()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=ca-{Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddMinutes(-10), TimeProvider.System.GetUtcNow().AddHours(2));
    }
}
