using BenchmarkDotNet.Attributes;
using Dovetail.Proxy.Identity;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Benchmarks;

/// <summary>Taking away what a client could have set to look like a proxy's word: once for each request.</summary>
public class HeaderStripping
{
    private readonly DefaultHttpContext _plain = Requests.Create();
    private readonly DefaultHttpContext _forged = Requests.Create();

    [Benchmark(Baseline = true)]
    public int NothingToStrip()
    {
        ForgeableHeaders.Strip(_plain.Request.Headers);
        return _plain.Request.Headers.Count;
    }

    [Benchmark]
    public int ThreeToStrip()
    {
        _forged.Request.Headers["X-Forwarded-For"] = "192.0.2.1";
        _forged.Request.Headers["Tailscale-User-Login"] = "eve@example.com";
        _forged.Request.Headers["Remote-User"] = "eve";
        ForgeableHeaders.Strip(_forged.Request.Headers);
        return _forged.Request.Headers.Count;
    }
}
