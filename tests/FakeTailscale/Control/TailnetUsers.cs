using System.Globalization;
using FakeTailscale.Network;

namespace FakeTailscale.Control;

/// <summary>A user of the tailnet.</summary>
/// <param name="LoginName">Like <c>ada@example.com</c>.</param>
/// <param name="DisplayName">Any text, also beyond ASCII.</param>
/// <param name="ProfilePictureUrl">Empty for none.</param>
public sealed record TailnetUser(string LoginName, string DisplayName, string ProfilePictureUrl);

/// <summary>The users, by login name. Not thread-safe: guarded by the tailnet.</summary>
internal sealed class TailnetUsers(TestControlOptions options)
{
    private const string ProfilePicture = "https://tailscale.com/static/images/marketing/team-carney.jpg";

    private readonly Dictionary<string, UserInfo> _users = new(StringComparer.OrdinalIgnoreCase);
    private long _last;

    public IReadOnlyCollection<UserInfo> All => _users.Values;

    /// <summary>Adds a user, or changes what is known of one.</summary>
    public void Add(TailnetUser user)
    {
        long id = _users.TryGetValue(user.LoginName, out UserInfo? known) ? known.Id : ++_last;
        _users[user.LoginName] = new UserInfo(id, user.LoginName, user.DisplayName, user.ProfilePictureUrl);
    }

    /// <summary>The user of that login name, made when there is none.</summary>
    /// <param name="login">Null always makes a new one.</param>
    public UserInfo FindOrCreate(string? login)
    {
        if (login is not null && _users.TryGetValue(login, out UserInfo? known))
        {
            return known;
        }

        long id = ++_last;
        string name = login ?? string.Create(CultureInfo.InvariantCulture, $"user-{id}@{options.TailnetName}");
        string display = login is null ? string.Create(CultureInfo.InvariantCulture, $"User {id}") : login.Split('@')[0];
        UserInfo user = new(id, name, display, ProfilePicture);
        _users[name] = user;
        return user;
    }

    /// <summary>To whom a node belongs: a user, or <see cref="UserInfo.TaggedDevices"/>.</summary>
    public UserInfo OwnerOf(NodeInfo node) =>
        node.UserId == UserInfo.TaggedDevices.Id ? UserInfo.TaggedDevices : _users.Values.First(user => user.Id == node.UserId);
}
