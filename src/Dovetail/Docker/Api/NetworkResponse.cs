namespace Dovetail.Docker.Api;

/// <summary><c>GET /networks/{id}</c>.</summary>
internal sealed record NetworkResponse
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    /// <summary><c>bridge</c>, <c>host</c>, <c>overlay</c>, <c>macvlan</c>, …</summary>
    public string? Driver { get; init; }
}
