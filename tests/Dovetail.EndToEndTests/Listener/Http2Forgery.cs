namespace Dovetail.EndToEndTests.Listener;

/// <summary>One way to claim an identity over HTTP/2.</summary>
/// <param name="What">For the message of a failed test.</param>
/// <param name="Fields">Field lines after the pseudo-header fields.</param>
/// <param name="IsProper">Whether the request is well-formed: then it must reach the container, without the claim.</param>
/// <param name="Path">Value of <c>:path</c>, before a mark by which the test knows the request; null: the mark alone.</param>
/// <param name="Authority">Value of <c>:authority</c>; null: the service's name.</param>
/// <param name="Method">Value of <c>:method</c>; null: GET.</param>
internal sealed record Http2Forgery(
    string What, (string Name, string Value)[] Fields, bool IsProper = true, string? Path = null, string? Authority = null,
    string? Method = null);
