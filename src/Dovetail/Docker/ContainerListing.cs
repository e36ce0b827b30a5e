using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>A snapshot, and what went wrong while it was made.</summary>
/// <param name="Failures">Containers whose details could not be had, each with the reason; the snapshot holds what the list said of them.</param>
internal sealed record ContainerListing(ContainerSnapshot Snapshot, EquatableArray<string> Failures);
