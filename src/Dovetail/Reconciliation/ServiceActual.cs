using Dovetail.Services;

namespace Dovetail.Reconciliation;

/// <summary>A service that has a node.</summary>
/// <param name="Service">What its node was last told.</param>
/// <param name="UnwantedSince">Since when no container has wanted it; null: wanted.</param>
internal sealed record ServiceActual(ServiceSpec Service, DateTimeOffset? UnwantedSince);
