using System.Globalization;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

namespace FakeTailscale.Control;

/// <summary>
/// The nodes and their names: addresses count up, a taken name gets <c>-1</c>, untagged nodes expire after 180 days. Not thread-safe:
/// guarded by the tailnet.
/// </summary>
internal sealed class TailnetNodes(TestControlOptions options, TailnetUsers users)
{
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromDays(180);

    private readonly List<NodeRecord> _nodes = [];
    private long _last;

    public IReadOnlyList<NodeRecord> All => _nodes;

    /// <summary>Nodes that came into being, those removed since included.</summary>
    public int Created => (int)_last;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Null when there is none of that key.</summary>
    public NodeRecord? OfKey(string nodeKey) => _nodes.FirstOrDefault(node => node.Info.Key == nodeKey);

    /// <summary>The node that has, or just had, that key; null when there is none.</summary>
    public NodeRecord? HolderOf(string nodeKey) => _nodes.FirstOrDefault(node => node.Held(nodeKey));

    /// <param name="name">Short or full name.</param>
    /// <exception cref="InvalidOperationException">There is no such node.</exception>
    public NodeRecord Find(string name) =>
        _nodes.LastOrDefault(node => name.Equals(node.Info.ShortName, StringComparison.OrdinalIgnoreCase) || name == node.Info.DnsName)
        ?? throw new InvalidOperationException($"there is no node \"{name}\" on the tailnet");

    public void Remove(NodeRecord record) => _nodes.Remove(record);

    /// <param name="login">Who logged in for it; null for the owner of the key, or a new user.</param>
    public NodeRecord Create(RegisterRequest request, KeyRecord? key, IReadOnlyList<string> tags, string? login, bool authorized)
    {
        UserInfo user = tags.Count > 0 ? UserInfo.TaggedDevices : users.FindOrCreate(login ?? key?.Options.User);
        NodeRecord record = new()
        {
            Ephemeral = request.Ephemeral || key is { Options.Ephemeral: true },
            Info = new NodeInfo
            {
                Id = ++_last,
                Name = "",
                HostName = request.Hostname,
                UserId = user.Id,
                Key = request.NodeKey,
                MachineKey = request.MachineKey,
                Created = GoTime.ToSeconds(Now),
                KeyExpiry = ExpiryOf(tags),
                Tags = [.. tags],
                Authorized = authorized,
            },
        };
        record.Info = record.Info with { Name = FreeName(record, request.Hostname) };
        _nodes.Add(record);
        return record;
    }

    /// <summary>A known node comes with a new key.</summary>
    public void Rekey(NodeRecord record, RegisterRequest request, IReadOnlyList<string> tags)
    {
        record.PreviousKey = record.Info.Key;
        record.Info = record.Info with { Key = request.NodeKey, KeyExpiry = ExpiryOf(tags) };
        record.Registrations++;
        record.Version++;
        Rename(record, request.Hostname);
    }

    /// <summary>A known node comes back with its key, perhaps with another name or other tags.</summary>
    public void Readmit(NodeRecord record, RegisterRequest request, KeyRecord? key, IReadOnlyList<string> tags)
    {
        if (key is { Options.Reusable: false })
        {
            key.Used = true;
        }

        Rename(record, request.Hostname);
        if (tags.SequenceEqual(record.Info.Tags)
            || (request.Tags.Count == 0 && record.Info.Tags.Count > 0 && key is { Options.Tags.Count: > 0 }))
        {
            return;
        }

        bool untagged = tags.Count == 0;
        record.Version++;

        // A node that gives up its tags has no owner until somebody logs in: control expires its key (recorded).
        record.Info = record.Info with
        {
            Tags = [.. tags],
            UserId = untagged ? users.FindOrCreate(null).Id : UserInfo.TaggedDevices.Id,
            KeyExpiry = untagged ? GoTime.ToSeconds(Now) : null,
        };
    }

    public void Rename(NodeRecord record, string hostname)
    {
        if (record.Info.HostName != hostname)
        {
            record.Info = record.Info with { HostName = hostname, Name = FreeName(record, hostname) };
            record.Version++;
        }
    }

    /// <summary>An administrator's name for a node, which asked for another one.</summary>
    public void GiveName(NodeRecord record, string name)
    {
        record.Info = record.Info with { Name = FreeName(record, name) };
        record.Version++;
    }

    public TailnetNode Describe(NodeRecord record) => new()
    {
        Id = record.Info.Id,
        StableId = record.Info.StableId,
        Name = record.Info.HostName,
        DnsName = record.Info.DnsName,
        IPv4 = record.Info.IPv4,
        IPv6 = record.Info.IPv6,
        User = users.OwnerOf(record.Info).LoginName,
        Key = record.Info.Key,
        Tags = record.Info.Tags,
        Online = record.Info.Online,
        LastSeen = record.Info.LastSeen,
        Approved = record.Info.Authorized,
        Ephemeral = record.Ephemeral,
        KeyExpiry = record.Info.KeyExpiry,
        RegistrationCount = record.Registrations,
        MapPolls = record.MapPolls,
    };

    private static DateTimeOffset? ExpiryOf(IReadOnlyList<string> tags) => tags.Count > 0 ? null : GoTime.ToSeconds(Now + KeyLifetime);

    private string FreeName(NodeRecord record, string hostname)
    {
        IEnumerable<char> allowed = hostname.ToLowerInvariant()
            .Select(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' ? character : '-');
        string wanted = string.Concat(allowed).Trim('-', '.');
        for (int number = 0; ; number++)
        {
            string label = number == 0 ? wanted : string.Create(CultureInfo.InvariantCulture, $"{wanted}-{number}");
            string name = $"{label}.{options.TailnetSuffix}.";
            if (!_nodes.Any(node => node != record && node.Info.Name == name))
            {
                return name;
            }
        }
    }
}
