using System.Net;
using Dovetail.Proxy.Identity;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A tailnet that says what the test tells it to.</summary>
internal sealed class FakeDirectory : IPeerDirectory
{
    public static readonly Peer Ada = new()
    {
        NodeName = "laptop.example.ts.net",
        User = new PeerUser("ada@example.com", "Ada Lovelace", "https://example.com/ada.png", "example.com"),
        Capabilities = ["example.com/cap/admin"],
    };

    public static readonly Peer Tagged = new() { NodeName = "builder.example.ts.net", Tags = ["tag:ci"] };

    private int _lookups;

    public Func<IPEndPoint, CancellationToken, Task<Peer?>> Answer { get; set; } = (_, _) => Task.FromResult<Peer?>(Ada);

    public int Lookups => Volatile.Read(ref _lookups);

    public static FakeDirectory Knowing(Peer? peer) => new() { Answer = (_, _) => Task.FromResult(peer) };

    public static FakeDirectory Down() => new() { Answer = (_, _) => throw new PeerLookupException("LocalAPI does not answer") };

    public Task<Peer?> WhoIsAsync(IPEndPoint peer, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _lookups);
        return Answer(peer, cancellationToken);
    }
}
