namespace Dovetail.EndToEndTests.Listener;

/// <summary>One way to claim an identity.</summary>
/// <param name="What">For the message of a failed test.</param>
/// <param name="Lines">Header lines of HTTP/1.1, each with its end.</param>
/// <param name="IsProper">Whether the request is well-formed: then it must reach the container, without the claim.</param>
/// <param name="Body">What follows the header.</param>
internal sealed record Forgery(string What, string Lines, bool IsProper = true, string Body = "");
