using System.Net;

namespace LoadBench.Load;

/// <summary>What is asked for, and where.</summary>
/// <param name="Place">Where to connect.</param>
/// <param name="Host">The node's name: Dovetail answers to no other.</param>
/// <param name="Path">Of the URL.</param>
internal sealed record Page(IPEndPoint Place, string Host, string Path)
{
    public string Url => $"https://{Host}{Path}";
}
