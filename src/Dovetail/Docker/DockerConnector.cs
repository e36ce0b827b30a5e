using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Common;

namespace Dovetail.Docker;

/// <summary>Opens connections to the Engine: unix socket, TCP, TCP with TLS, or a child that speaks SSH.</summary>
internal sealed class DockerConnector(DockerEndpoint endpoint, TimeProvider time)
{
    /// <exception cref="DockerException">No connection; says why and what to do.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (endpoint.Ssh is not null)
        {
            return SshConnection.Open(endpoint, time);
        }

        var stream = new NetworkStream(await ConnectSocketAsync(cancellationToken), ownsSocket: true);
        return endpoint.Tls is { } tls ? await AuthenticateAsync(stream, tls, cancellationToken) : stream;
    }

    private async Task<Socket> ConnectSocketAsync(CancellationToken cancellationToken)
    {
        var socket = endpoint.SocketPath is not null
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (endpoint.SocketPath is { } path)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            }
            else
            {
                // The event stream is silent for hours: without keep-alive a host that lost its power is never noticed.
                TcpConnection.KeepAlive(socket, idle: 30, interval: 10);
                await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken);
            }

            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new DockerException(Explain(exception), exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> AuthenticateAsync(Stream inner, DockerTls tls, CancellationToken cancellationToken)
    {
        var stream = new SslStream(inner);
        try
        {
            await stream.AuthenticateAsClientAsync(TlsOptions(tls), cancellationToken);
            return stream;
        }
        catch (Exception exception) when (
            exception is AuthenticationException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            await stream.DisposeAsync();
            throw new DockerException(
                $"TLS with the Docker Engine at {endpoint} failed: {Printable.Text(exception.Message, 300)} "
                + $"Check ca.pem, cert.pem and key.pem in {CertificatesIn(tls)}, "
                + $"and that the Engine's certificate names {endpoint.Host}.",
                exception);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    // Each further Engine may have its own.
    private string FolderOf(DockerTls tls) =>
        endpoint.Engine is { } engine && Path.Combine(tls.CertPath, engine) is var own && Directory.Exists(own) ? own : tls.CertPath;

    private string CertificatesIn(DockerTls tls) => FolderOf(tls) is var folder && folder != tls.CertPath
        ? Printable.Text(folder)
        : $"DOCKER_CERT_PATH={Printable.Text(tls.CertPath)}{(endpoint.Engine is { } name ? $" (or in a folder {name} in it)" : "")}";

    private SslClientAuthenticationOptions TlsOptions(DockerTls tls)
    {
        var folder = FolderOf(tls);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = endpoint.Host,
            ClientCertificates =
            [
                X509Certificate2.CreateFromPemFile(Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem")),
            ],
        };

        if (tls.Verify)
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(Path.Combine(folder, "ca.pem"));
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }
        else
        {
#pragma warning disable CA5359 // DOCKER_CERT_PATH without DOCKER_TLS_VERIFY means TLS without verification, as in Docker's own clients.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return options;
    }

    private string Explain(SocketException exception) => endpoint.SocketPath is { } path
        ? exception.SocketErrorCode switch
        {
            _ when Directory.Exists(path) =>
                $"Docker's socket {path} is a directory: Docker made it for a mount while the socket did not exist. "
                + $"Remove the directory on the host, start Docker, and make Dovetail's container anew.",
            // .NET names ENOENT of a unix socket differently from release to release.
            _ when !File.Exists(path) =>
                $"Docker's socket {path} does not exist. "
                + $"Start Docker, mount its socket into Dovetail's container (-v {path}:{path}), or set {endpoint.Variable}.",
            SocketError.AccessDenied =>
                $"No permission to use Docker's socket {path}. Run Dovetail as root or as a member of the group that owns the socket.",
            SocketError.ConnectionRefused =>
                $"Nothing listens on Docker's socket {path}: Docker is not running. "
                + $"Start it (systemctl start docker), or set {endpoint.Variable}.",
            _ => $"Docker's socket {path} cannot be used: {exception.Message}. Check {endpoint.Variable}.",
        }
        : exception.SocketErrorCode switch
        {
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
                $"The name {endpoint.Host} of the Docker Engine at {endpoint} cannot be resolved. Check {endpoint.Variable}.",
            SocketError.ConnectionRefused =>
                $"Nothing listens at {endpoint}: the Docker Engine is not running, or {endpoint.Variable} is wrong.",
            _ => $"The Docker Engine at {endpoint} cannot be reached: {exception.Message}. Check {endpoint.Variable}.",
        };
}
