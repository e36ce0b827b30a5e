using Dovetail.Common;

namespace Dovetail.Compose;

/// <summary>A Compose file: how it is called in messages, and which variables hold in it.</summary>
internal sealed record ComposeSource(string Name, Interpolation Interpolation);

/// <summary>A line in a Compose file, from 1.</summary>
internal readonly record struct ComposePlace(ComposeSource Source, long Line)
{
    public override string ToString() => $"{Printable.Text(Source.Name, 200)}, line {Line}";
}
