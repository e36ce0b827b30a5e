using System.Text.Json.Serialization;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>A machine as the control server knows it at one moment.</summary>
/// <param name="Name">First label of its full name; ends in <c>-1</c>, <c>-2</c> … when the name was taken.</param>
/// <param name="HostName">The host name that it asked for.</param>
/// <param name="Key">The node key; a login gives another.</param>
/// <param name="Registrations">
/// Logins that made this machine or gave it a new key; daemons that come back with their key do not count. Null where the control server
/// does not say.
/// </param>
/// <param name="Ephemeral">Whether it goes when it is offline for a while. Null where the control server does not say.</param>
internal sealed record Machine(
    [property: JsonPropertyName("stableID")] string StableId,
    string Name,
    [property: JsonPropertyName("fqdn")] string FullName,
    string HostName,
    IReadOnlyList<string> Addresses,
    bool Online,
    bool Expired,
    IReadOnlyList<string>? Tags,
    string User,
    string Key,
    int? Registrations,
    bool? Ephemeral)
{
    /// <summary>The full name without a final dot.</summary>
    public string DnsName => FullName.TrimEnd('.');

    /// <summary>What stays whatever happens to the daemon.</summary>
    public (string StableId, string Address, string DnsName) Identity => (StableId, Addresses[0], DnsName);
}
