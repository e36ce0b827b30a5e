namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>What must become of a request.</summary>
internal enum Verdict
{
    /// <summary>It is good, and has to arrive.</summary>
    Passed,

    /// <summary>The RFCs leave it to the recipient: refused, or passed on in the one meaning that it has.</summary>
    MayPass,

    /// <summary>It can be read in two ways, or breaks a MUST: nothing of it may arrive as a whole.</summary>
    Refused,

    /// <summary>Its end has not come.</summary>
    Incomplete,
}

/// <summary>A field as it was written, the value without the white space around it.</summary>
internal readonly record struct Field(string Name, string Value);

/// <summary>A request as it is to arrive, before the rules for its fields.</summary>
/// <param name="Target">As it arrives: what is not ASCII is percent-encoded.</param>
/// <param name="Host">What <c>Host</c> arrives with.</param>
internal sealed record ReadRequest(string Method, string Target, string Host, IReadOnlyList<Field> Fields, byte[] Content);

/// <summary>An independent reading of the bytes that a client sends.</summary>
/// <param name="Request">Null when it is not to arrive.</param>
/// <param name="Length">How many bytes it takes; what follows is the next request.</param>
/// <param name="EndsConnection">After it nothing more may be served on the connection (RFC 9112, section 9.6, or no end is known).</param>
/// <param name="Why">What is wrong, or unusual.</param>
internal sealed record RequestReading(Verdict Verdict, ReadRequest? Request, int Length, bool EndsConnection, string Why);
