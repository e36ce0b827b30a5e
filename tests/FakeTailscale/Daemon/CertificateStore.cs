using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FakeTailscale.Common;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>
/// <c>certs/</c> under the state directory. A valid certificate is answered from there; one that is due is renewed in the background at
/// that call only; anything else is ordered while the caller waits. Calls for one name share an order.
/// </summary>
internal sealed class CertificateStore(string stateDirectory, Backend backend) : IDisposable
{
    private readonly SemaphoreSlim _ordering = new(1, 1);
    private int _renewing;

    /// <summary>Whether a renewal runs in the background.</summary>
    public bool IsRenewing => Volatile.Read(ref _renewing) == 1;

    private string DirectoryPath => Path.Combine(stateDirectory, "certs");

    /// <exception cref="ControlException">No certificate; the message is Tailscale's.</exception>
    public async Task<CertificatePair> GetAsync(string name, TimeSpan minimum, CancellationToken cancellation)
    {
        NetworkMap map = backend.Snapshot.NetMap ?? throw new ControlException("no netmap available");
        Check(name, map);
        (CertificatePair? cached, double used) = Load(name, minimum);
        if (cached is not null)
        {
            if (used > 2.0 / 3)
            {
                _ = RenewAsync(name, map);
            }

            return cached;
        }

        await _ordering.WaitAsync(cancellation);
        try
        {
            (cached, _) = Load(name, minimum);
            if (cached is not null)
            {
                return cached;
            }

            if (minimum > TimeSpan.Zero)
            {
                DaemonLog.Line($"cert(\"{name}\"): starting sync renewal");
            }

            return await OrderAsync(name, map, cancellation);
        }
        catch (ControlException failure)
        {
            DaemonLog.Line($"cert(\"{name}\"): getCertPEM: {failure.Message}");
            throw;
        }
        catch (OperationCanceledException)
        {
            DaemonLog.Line($"cert(\"{name}\"): getCertPEM: CreateOrder: context canceled");
            throw;
        }
        finally
        {
            _ordering.Release();
        }
    }

    public void Dispose() => _ordering.Dispose();

    private static void Check(string name, NetworkMap map)
    {
        if (name.StartsWith("*.", StringComparison.Ordinal))
        {
            throw new ControlException("wildcard certificates are not enabled for this node");
        }

        if (!name.Contains('.', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ControlException("invalid domain");
        }

        if (map.CertDomains.Count == 0)
        {
            throw new ControlException("your Tailscale account does not support getting TLS certs");
        }

        if (!map.CertDomains.Contains(name))
        {
            throw new ControlException(
                $"invalid domain \"{name}\"; must be one of "
                    + $"[{string.Join(' ', map.CertDomains.Select(static domain => $"\"{domain}\""))}]");
        }
    }

    /// <summary>The pair on disk when it is valid for so long, and how much of its life is over.</summary>
    private (CertificatePair? Pair, double Used) Load(string name, TimeSpan minimum)
    {
        try
        {
            byte[] certificate = File.ReadAllBytes(Path.Combine(DirectoryPath, name + ".crt"));
            byte[] key = File.ReadAllBytes(Path.Combine(DirectoryPath, name + ".key"));
            using X509Certificate2 leaf = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate));
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            DateTimeOffset start = new(leaf.NotBefore);
            DateTimeOffset end = new(leaf.NotAfter);
            return now >= end || now + minimum >= end ? (null, 1) : (new CertificatePair(certificate, key), (now - start) / (end - start));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return (null, 1);
        }
    }

    private async Task RenewAsync(string name, NetworkMap map)
    {
        if (Interlocked.Exchange(ref _renewing, 1) == 1)
        {
            return;
        }

        try
        {
            DaemonLog.Line($"cert(\"{name}\"): starting async renewal");
            await _ordering.WaitAsync();
            try
            {
                await OrderAsync(name, map, CancellationToken.None);
            }
            finally
            {
                _ordering.Release();
            }
        }
        catch (ControlException failure)
        {
            DaemonLog.Line($"cert(\"{name}\"): async renewal failed: getCertPem: {failure.Message}");
        }
        finally
        {
            Interlocked.Exchange(ref _renewing, 0);
        }
    }

    private async Task<CertificatePair> OrderAsync(string name, NetworkMap map, CancellationToken cancellation)
    {
        CreateDirectory();
        string accountKey = Path.Combine(DirectoryPath, "acme-account.key.pem");
        if (!File.Exists(accountKey))
        {
            using ECDsa account = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            Save(accountKey, Encoding.ASCII.GetBytes(account.ExportECPrivateKeyPem() + "\n"), secret: true);
        }

        string directory = Environment.GetEnvironmentVariable("TS_DEBUG_ACME_DIRECTORY_URL") is { Length: > 0 } set ? set : map.AcmeUrl;
        AcmeClient acme = new(directory);
        DaemonLog.Line($"cert(\"{name}\"): acme: using Directory URL \"{directory}\"");
        await acme.RegisterAsync(cancellation);
        DaemonLog.Line($"cert(\"{name}\"): registered ACME account.");
        DaemonLog.Line($"cert(\"{name}\"): starting SetDNS call for _acme-challenge.{name}...");
        ControlClient control = backend.Control ?? throw new ControlException("no control client");
        string token = Convert.ToBase64String(Convert.FromHexString(Native.RandomHex(32))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        await control.SetDnsAsync(map.Self.Key, "_acme-challenge." + name, token, cancellation);
        DaemonLog.Line($"cert(\"{name}\"): did SetDNS for _acme-challenge.{name}");
        DaemonLog.Line($"cert(\"{name}\"): requesting cert...");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] chain = await acme.OrderAsync(name, key.ExportSubjectPublicKeyInfo(), cancellation);
        DaemonLog.Line($"cert(\"{name}\"): got cert");
        byte[] keyPem = Encoding.ASCII.GetBytes(key.ExportECPrivateKeyPem() + "\n");
        Save(Path.Combine(DirectoryPath, name + ".key"), keyPem, secret: true);
        Save(Path.Combine(DirectoryPath, name + ".crt"), chain, secret: false);
        return new CertificatePair(chain, keyPem);
    }

    private void CreateDirectory()
    {
        try
        {
            Directory.CreateDirectory(DirectoryPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ControlException($"mkdir {DirectoryPath}: {failure.Message}");
        }
    }

    private static void Save(string path, byte[] content, bool secret)
    {
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string temporary = $"{path}.tmp{Convert.ToUInt32(Native.RandomHex(4), 16)}";
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = secret ? Own : Own | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            };
            using (FileStream file = new(temporary, options))
            {
                file.Write(content);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ControlException($"open {temporary}: {failure.Message}");
        }
    }
}

/// <summary>A certificate chain, leaf first, and its key, both in PEM.</summary>
internal sealed record CertificatePair(byte[] Certificate, byte[] Key);
