namespace Dovetail.Docker.Api;

/// <summary>A port in a list entry; <see cref="PublicPort"/> is 0 when it is only exposed.</summary>
internal sealed record Port
{
    public string? IP { get; init; }

    public int PrivatePort { get; init; }

    public int PublicPort { get; init; }

    public string? Type { get; init; }
}
