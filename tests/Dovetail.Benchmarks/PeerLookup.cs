using System.Net;
using BenchmarkDotNet.Attributes;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Benchmarks;

/// <summary>Finding out who a peer is while that is known: once for each request.</summary>
public class PeerLookup
{
    private readonly PeerCache _cache = new(
        "photos", new Directory(), new ListenerOptions { PeerCacheTime = TimeSpan.FromDays(1) }, TimeProvider.System, NullLogger.Instance);

    private readonly IPEndPoint _peer = IPEndPoint.Parse("100.64.0.7:49153");

    [GlobalSetup]
    public async Task FillAsync()
    {
        for (var number = 1; number < 100; number++)
        {
            await _cache.GetAsync(new IPEndPoint(IPAddress.Parse($"100.64.0.{number}"), 49153), CancellationToken.None);
        }
    }

    [Benchmark]
    public async ValueTask<bool> Known() => (await _cache.GetAsync(_peer, CancellationToken.None)).Failed;

    private sealed class Directory : IPeerDirectory
    {
        public Task<Peer?> WhoIsAsync(IPEndPoint peer, CancellationToken cancellationToken) => Task.FromResult<Peer?>(People.Ada);
    }
}
