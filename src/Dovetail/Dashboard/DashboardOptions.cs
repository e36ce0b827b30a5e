using Dovetail.Common;
using Dovetail.Services.Model;

namespace Dovetail.Dashboard;

/// <summary>What the configuration says about the dashboard.</summary>
/// <param name="Name">Its name on the tailnet.</param>
/// <param name="Audience">Who may see what.</param>
/// <param name="Admins">Who of the viewers may give orders; empty: nobody.</param>
internal sealed record DashboardOptions(string Name, DashboardAudience Audience, EquatableArray<AccessRule> Admins)
{
    /// <summary>The service whose node the dashboard is.</summary>
    public ServiceSpec ToService(ServiceOptions defaults) => new()
    {
        Name = Name,
        IsOwn = true,
        Tags = defaults.Tags,
        AccessLog = defaults.AccessLog,
        Hold = TimeSpan.Zero,
        // Empty means everybody to a listener: whoever is not named then sees the start page alone (Visitor).
        Allow = Audience.StartPageForAll ? [] : Audience.Viewers,
    };
}

/// <summary>Who may see the dashboard. Without a viewer and without everybody it would be for nobody, and cannot be written.</summary>
/// <param name="Viewers">Who sees all of it; empty: nobody does.</param>
/// <param name="StartPageForAll">Whether everybody the tailnet lets in sees the start page.</param>
internal sealed record DashboardAudience(EquatableArray<AccessRule> Viewers, bool StartPageForAll)
{
    /// <summary>Whether the viewers name whom a rule names, by the same rule or, a login, by its domain.</summary>
    public bool Names(AccessRule rule) => Viewers.Any(viewer => (viewer, rule) switch
    {
        (AccessRule.Login known, AccessRule.Login login) => IsSame(known.Name, login.Name),
        (AccessRule.Domain known, AccessRule.Domain domain) => IsSame(known.Name, domain.Name),
        (AccessRule.Domain known, AccessRule.Login login) => IsSame(known.Name, login.Name[(login.Name.LastIndexOf('@') + 1)..]),
        _ => viewer == rule,
    });

    private static bool IsSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
