namespace Dovetail.Services.Labels;

/// <summary>A service that the labels of a container ask for in vain.</summary>
/// <param name="Service">Its name; null when the name itself is missing or refused.</param>
/// <param name="Reason">Names each label, its value and what is allowed; fit to print.</param>
internal sealed record LabelError(string? Service, string Reason);
