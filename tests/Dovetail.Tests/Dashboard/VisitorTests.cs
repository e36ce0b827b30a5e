using Dovetail.Dashboard;
using Dovetail.Proxy.Identity;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Dashboard;

public sealed class VisitorTests
{
    // Ada has a login and the capability example.com/cap/admin; the tagged device has tag:ci.
    [Theory]
    [InlineData("ada", "ada@example.com", false, "ada@example.com", true, true)]
    [InlineData("ada", "*@example.com", false, "", true, false)]
    [InlineData("ada", "cap:example.com/cap/admin", false, "", true, false)]
    [InlineData("ada", "bob@example.com", true, "", false, false)]
    [InlineData("ada", "", true, "", false, false)]
    // Whom the viewers do not name is no admin either.
    [InlineData("ada", "bob@example.com", true, "ada@example.com", false, false)]
    [InlineData("ada", "", true, "ada@example.com", false, false)]
    [InlineData("tagged", "tag:ci", false, "tag:ci", true, true)]
    [InlineData("tagged", "*@example.com", true, "*@example.com", false, false)]
    [InlineData("unknown", "*@example.com", true, "*@example.com", false, false)]
    [InlineData("down", "*@example.com", true, "*@example.com", false, false)]
    public void Who_is_not_named_is_nobody(string peer, string viewers, bool all, string admins, bool isViewer, bool isAdmin)
    {
        var visitor = new Visitor(IdentityOf(peer), Options(viewers, all, admins));

        Assert.Equal((isViewer, isAdmin), (visitor.IsViewer, visitor.IsAdmin));
    }

    [Theory]
    [InlineData("ada", "ada@example.com", true)]
    [InlineData("ada", "bob@example.com", false)]
    [InlineData("ada", null, true)]
    // Granted towards the dashboard, not towards the service.
    [InlineData("ada", "cap:example.com/cap/admin", false)]
    [InlineData("tagged", "tag:ci", true)]
    [InlineData("tagged", "*@example.com", false)]
    [InlineData("unknown", "*@example.com", false)]
    [InlineData("unknown", null, true)]
    [InlineData("down", "*@example.com", false)]
    public void A_service_is_for_whom_its_own_rules_let_in(string peer, string? allow, bool mayUse)
    {
        var service = new ServiceSpec { Name = "web", Allow = allow is null ? [] : Rules.Of(allow) };

        Assert.Equal(mayUse, new Visitor(IdentityOf(peer), Options("*@example.com", all: true, "")).MayUse(service));
    }

    internal static DashboardOptions Options(string viewers, bool all, string admins) => new(
        "home",
        new DashboardAudience(viewers.Length == 0 ? [] : Rules.Of(viewers), all),
        admins.Length == 0 ? [] : Rules.Of(admins));

    private static PeerIdentity IdentityOf(string peer) => peer switch
    {
        "ada" => new PeerIdentity(FakeDirectory.Ada),
        "tagged" => new PeerIdentity(FakeDirectory.Tagged),
        "unknown" => PeerIdentity.Unknown,
        _ => PeerIdentity.LookupFailed,
    };
}
