using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// The tailnet that a test runs on: a control server, auth keys, a certificate authority and the two binaries. Either the stand-in, or
/// the real binaries when the environment names them (<see cref="TestSettings"/>). Tests speak to it as its devices do.
/// </summary>
internal abstract class Tailnet : IAsyncDisposable
{
    public abstract string ControlUrl { get; }

    /// <summary>Path of <c>tailscaled</c>.</summary>
    public abstract string Tailscaled { get; }

    /// <summary>Path of the <c>tailscale</c> command line client.</summary>
    public abstract string Tailscale { get; }

    /// <summary>Who issues the certificates of the tailnet's nodes.</summary>
    public abstract X509Certificate2Collection Authorities { get; }

    /// <summary>What both binaries need in their environment on this tailnet.</summary>
    public abstract IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>A reusable auth key for services.</summary>
    public abstract string AuthKey { get; }

    /// <summary>An auth key of one user, for a peer. Where the tailnet's users are given, the user is whom the key belongs to.</summary>
    public abstract string AuthKeyOf(string login);

    /// <summary>How often machines of this host name have registered; null where the control server cannot be asked.</summary>
    public virtual int? RegistrationsOf(string hostName) => null;

    /// <summary>How many certificates were ordered for this host name; null where the authority cannot be asked.</summary>
    public virtual int? CertificatesOf(string hostName) => null;

    /// <param name="address">Where a control server of this test listens.</param>
    public static async Task<Tailnet> StartAsync(TestDirectory directory, IPAddress address) =>
        TestSettings.ControlUrl is { } controlUrl ? new RealTailnet(controlUrl) : await StandInTailnet.ListenAsync(directory, address);

    public abstract ValueTask DisposeAsync();
}
