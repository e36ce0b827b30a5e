namespace Dovetail.Admin;

/// <summary>What <c>dovetail health</c> goes by.</summary>
/// <param name="Healthy">The daemon answers and has listed the containers, or keeps trying to.</param>
internal sealed record HealthDocument(bool Healthy, int Services, int Ready);
