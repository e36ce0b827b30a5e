namespace Dovetail.Containers;

/// <summary>One label of a container, as it was written.</summary>
internal readonly record struct ContainerLabel(string Key, string Value);
