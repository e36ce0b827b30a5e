using System.Net;

namespace FakeTailscale.Control;

/// <summary>How a test control server is set up.</summary>
public sealed record TestControlOptions
{
    /// <summary>Where to listen, and what <see cref="TestControlServer.Url"/> says. Default 127.0.0.1.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; }

    /// <summary>The MagicDNS suffix, without dots at either end.</summary>
    public string TailnetSuffix { get; init; } = "tailtest.ts.net";

    /// <summary>The tailnet's name.</summary>
    public string TailnetName { get; init; } = "fake-control.example.net";
}
