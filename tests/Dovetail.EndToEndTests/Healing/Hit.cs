using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>One blow of the chaos test, with the time for which it may be felt.</summary>
/// <param name="Process">The tailscaled that was killed; null: the container was restarted.</param>
/// <param name="Ended">Null while it may still be felt.</param>
internal sealed record Hit(string Service, int? Process, long Begun, long? Ended = null)
{
    public bool Touches(LoadResult request) =>
        request.Service == Service && request.Ended >= Begun && request.Begun <= (Ended ?? long.MaxValue);
}
