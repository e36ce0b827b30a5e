using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.LocalApi;

/// <summary><c>status</c>, with or without peers.</summary>
internal static class StatusEndpoint
{
    public static Task HandleAsync(LocalApiCall call, Backend backend)
    {
        bool peers = call.Request.Query("peers") != "false";
        BackendSnapshot now = backend.Snapshot;
        return call.SendJsonAsync([.. Json.Tabbed(writer => StatusDocument.Write(writer, now, peers)), (byte)'\n']);
    }
}
