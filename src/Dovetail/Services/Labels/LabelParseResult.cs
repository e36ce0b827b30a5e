using Dovetail.Common;

namespace Dovetail.Services.Labels;

/// <summary>What the labels of one container say.</summary>
/// <param name="Services">The services that are in order; names may repeat in another container, but not in here.</param>
/// <param name="Errors">The services that are refused.</param>
/// <param name="Warnings">What is odd about the labels but refuses nothing.</param>
internal sealed record LabelParseResult(
    EquatableArray<ServiceDeclaration> Services,
    EquatableArray<LabelError> Errors,
    EquatableArray<LabelWarning> Warnings)
{
    public static LabelParseResult Nothing { get; } = new([], [], []);
}
