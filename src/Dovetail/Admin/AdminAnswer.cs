namespace Dovetail.Admin;

/// <summary>What the daemon says to a wish.</summary>
/// <param name="Done">Whether it was fulfilled.</param>
/// <param name="Text">What became of it, for a person.</param>
internal sealed record AdminAnswer(bool Done, string Text);
