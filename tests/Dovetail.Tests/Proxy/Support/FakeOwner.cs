using Dovetail.Proxy;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>The test process plays tailscaled.</summary>
internal sealed class FakeOwner : IConnectionOwner
{
    public int? ProcessId { get; set; } = Environment.ProcessId;
}
