using Dovetail.Proxy.Connections;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>The test process plays tailscaled.</summary>
internal sealed class FakeAllowedProcess : IAllowedProcess
{
    public int? ProcessId { get; set; } = Environment.ProcessId;
}
