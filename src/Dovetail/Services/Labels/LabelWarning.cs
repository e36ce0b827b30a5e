namespace Dovetail.Services.Labels;

/// <summary>Something odd about the labels of a container that refuses nothing.</summary>
/// <param name="Service">The service it is about; null: none, or all of the container's.</param>
/// <param name="Text">Fit to print.</param>
internal sealed record LabelWarning(string? Service, string Text);
