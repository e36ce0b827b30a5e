using System.Text.Json;
using Dovetail.Tailscale;

namespace Dovetail.Tests.Tailscale;

public sealed class IpnStatusTests
{
    [Theory]
    [InlineData("\"Running\"", BackendState.Running)]
    [InlineData("\"NeedsMachineAuth\"", BackendState.NeedsMachineAuth)]
    [InlineData("\"SomethingNew\"", null)]
    [InlineData("\"6\"", null)]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    internal void A_state_is_read_by_its_name_and_one_that_is_not_known_is_none(string json, BackendState? state)
    {
        var document = $$"""{"BackendState":{{json}},"HaveNodeKey":true}""";

        Assert.Equal(state, JsonSerializer.Deserialize(document, TailscaleJson.Default.IpnStatus)!.BackendState);
    }

    [Fact]
    public void A_state_that_is_no_name_makes_the_document_unreadable() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("""{"BackendState":6}""", TailscaleJson.Default.IpnStatus));
}
