namespace Dovetail.EndToEndTests.Harness;

/// <summary>A node as a peer sees it.</summary>
/// <param name="Id">The machine's id; another one means another machine.</param>
/// <param name="DnsName">Full name, without the dot at the end.</param>
/// <param name="Addresses">Tailnet addresses, IPv4 first.</param>
internal sealed record TailnetNode(string Id, string DnsName, IReadOnlyList<string> Addresses, bool Online)
{
    public override string ToString() => $"{DnsName} = {string.Join(", ", Addresses)}, id {Id}, {(Online ? "online" : "offline")}";
}
