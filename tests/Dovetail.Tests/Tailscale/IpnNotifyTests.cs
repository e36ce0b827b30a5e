using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Dovetail.Tailscale;

namespace Dovetail.Tests.Tailscale;

public sealed class IpnNotifyTests
{
    // Recordings/bus-fresh-login.ndjson, first line, shortened.
    [Fact]
    public void The_first_line_says_how_the_node_stands()
    {
        var message = Read("""
            {"Version":"1.96.5-t88200dbb4-g000000000","SessionID":"b8bb31b3ea9591ae","ErrMessage":null,"LoginFinished":null,"State":2,
            "Prefs":{"ControlURL":"","CorpDNS":true,"WantRunning":false,"LoggedOut":true,"AdvertiseTags":null,"Hostname":"","Config":null},
            "NetMap":null,"Engine":null,"BrowseToURL":null,"DriveShares":null,"Health":{"Warnings":{"wantrunning-false":
            {"WarnableCode":"wantrunning-false","Severity":"low","Title":"Tailscale off","Text":"Tailscale is stopped."}}}}
            """);

        Assert.Equal(BackendState.NeedsLogin, message.State);
        Assert.True(message.Prefs!.LoggedOut);
        Assert.Equal("Tailscale is stopped.", message.Health!.Warnings!["wantrunning-false"].Text);
        Assert.False(message.NetMap.IsSet);
    }

    [Fact]
    public void A_netmap_is_noticed_but_not_kept() =>
        Assert.True(Read("""{"State":null,"NetMap":{"SelfNode":{"ID":1},"Peers":[{"ID":2},{"ID":3}]},"DriveShares":[]}""").NetMap.IsSet);

    // The bus is read as it comes; a netmap may arrive in pieces of any size.
    [Fact]
    public async Task Messages_are_read_from_a_stream_as_they_come()
    {
        var peers = string.Join(',', Enumerable.Range(0, 5000).Select(id => $$"""{"ID":{{id}},"Name":"peer-{{id}}"}"""));
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var messages = JsonSerializer.DeserializeAsyncEnumerable(
            pipe.Reader.AsStream(), TailscaleJson.Default.IpnNotify, topLevelValues: true, TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);

        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes("{\"State\":5,\"NetMap\":null}\n"), TestContext.Current.CancellationToken);
        Assert.True(await messages.MoveNextAsync());
        Assert.Equal((BackendState.Starting, false), (messages.Current!.State!.Value, messages.Current.NetMap.IsSet));

        await pipe.Writer.WriteAsync(
            Encoding.UTF8.GetBytes("{\"NetMap\":{\"Peers\":[" + peers + "]},\"State\":6}\n"), TestContext.Current.CancellationToken);
        Assert.True(await messages.MoveNextAsync());
        Assert.Equal((BackendState.Running, true), (messages.Current!.State!.Value, messages.Current.NetMap.IsSet));
    }

    private static IpnNotify Read(string json) => JsonSerializer.Deserialize(json, TailscaleJson.Default.IpnNotify)!;
}
