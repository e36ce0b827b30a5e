using System.Threading.Channels;

namespace FakeTailscale.Daemon;

/// <summary>One stream of notifications.</summary>
/// <param name="Process">The process that watches: a login URL goes only to the process that began the login.</param>
internal sealed record BusSubscriber(int Process)
{
    public Channel<byte[]> Lines { get; } = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
}
