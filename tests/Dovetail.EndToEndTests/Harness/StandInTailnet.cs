using System.Security.Cryptography.X509Certificates;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The stand-in binaries on a control server in the test process.</summary>
internal sealed class StandInTailnet(TestDirectory directory) : Tailnet
{
    public override string ControlUrl => throw new NotSupportedException(directory.Path);

    public override string Tailscaled => throw new NotSupportedException();

    public override string Tailscale => throw new NotSupportedException();

    public override X509Certificate2Collection Authorities => throw new NotSupportedException();

    public override IReadOnlyDictionary<string, string?> Environment => throw new NotSupportedException();

    public override string AuthKey => throw new NotSupportedException();

    public override string AuthKeyOf(string login) => throw new NotSupportedException();

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
