using System.Collections.Immutable;
using Dovetail.Nodes;

namespace Dovetail.Reconciliation;

/// <summary>For how long Dovetail has seen that no container wants a state.</summary>
/// <param name="LastUsed">When a tailscaled last used it: once it is used again, the time begins anew.</param>
/// <param name="Seen">Only while containers could be listed: neither an Engine that is away nor a daemon that is off adds to it.</param>
internal sealed record UnwantedTime(string Name, DateTimeOffset LastUsed, TimeSpan Seen)
{
    /// <param name="before">Of the listing before.</param>
    /// <param name="unwanted">The states that no container wants now.</param>
    /// <param name="watched">How long that has been so since the listing before, as far as it was seen; zero: nobody has looked.</param>
    public static ImmutableArray<UnwantedTime> Next(
        IReadOnlyList<UnwantedTime> before, IReadOnlyList<StoredState> unwanted, TimeSpan watched) =>
    [
        .. from state in unwanted
           let known = before.FirstOrDefault(time => time.Name == state.Name && time.LastUsed == state.LastUsed)
           select new UnwantedTime(state.Name, state.LastUsed, known is null ? TimeSpan.Zero : known.Seen + watched),
    ];
}
