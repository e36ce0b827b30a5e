using Dovetail.Services.Model;

namespace Dovetail.Reconciliation;

/// <summary>A service that has a node.</summary>
/// <param name="Service">What its node was last told.</param>
/// <param name="UnwantedSince">Since when no container has wanted it; null: wanted.</param>
internal sealed record TrackedService(ServiceSpec Service, DateTimeOffset? UnwantedSince);
