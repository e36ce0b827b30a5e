using System.Collections.Immutable;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// Least requests in flight, ties in turn. Upstreams that refuse connections are left out; those whose container is
/// not ready, or has been told to stop, come only when there is no better one.
/// </summary>
internal static class Balancer
{
    // Worse than any standing.
    private const int Failing = 3;

    /// <param name="turn">Grows by one with each choice.</param>
    public static UpstreamTarget? Choose(
        ImmutableArray<UpstreamCandidate> candidates,
        IReadOnlyCollection<UpstreamTarget> tried,
        uint turn,
        bool evenFailing,
        bool evenStopping,
        bool evenNotReady = true)
    {
        UpstreamTarget? best = null;
        var bestRank = int.MaxValue;
        var bestActive = int.MaxValue;
        for (var i = 0; i < candidates.Length; i++)
        {
            var (target, standing) = candidates[(int)((turn + (uint)i) % (uint)candidates.Length)];
            var isFailing = target.Failure is not null;
            var isLeftOut = standing switch
            {
                UpstreamStanding.Stopping => !evenStopping,
                UpstreamStanding.NotReady => !evenNotReady,
                _ => false,
            };
            if (isLeftOut || (isFailing && !evenFailing) || tried.Contains(target))
            {
                continue;
            }

            var rank = (isFailing ? Failing : 0) + (int)standing;
            var active = target.Active;
            if (rank < bestRank || (rank == bestRank && active < bestActive))
            {
                (best, bestRank, bestActive) = (target, rank, active);
            }
        }

        return best;
    }
}
