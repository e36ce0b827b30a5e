using Dovetail.Proxy.Identity;

namespace Dovetail.Benchmarks;

internal static class People
{
    public static Peer Ada { get; } = new()
    {
        NodeName = "laptop.tailtest.ts.net",
        User = new PeerUser("ada@example.com", "Ada Lovelace", "https://example.com/ada.png", "example.com"),
    };
}
