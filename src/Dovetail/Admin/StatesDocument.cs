namespace Dovetail.Admin;

/// <summary>The states on disk that nobody needs, for <c>dovetail prune</c>.</summary>
/// <param name="Problem">Why it is not known which are needed, with what to do; null: it is known.</param>
/// <param name="Unwanted">Sorted by name.</param>
internal sealed record StatesDocument(string? Problem, IReadOnlyList<StateStatus> Unwanted);

/// <summary>The state of a service that has no node.</summary>
/// <param name="LastUsed">When a tailscaled last used it, as far as its files tell.</param>
/// <param name="ForgottenAt">When that happens by itself (<c>DOVETAIL_FORGET_AFTER</c>); null: never.</param>
internal sealed record StateStatus(string Name, DateTimeOffset LastUsed, DateTimeOffset? ForgottenAt = null);
