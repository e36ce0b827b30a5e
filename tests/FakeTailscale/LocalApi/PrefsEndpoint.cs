using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.LocalApi;

/// <summary><c>prefs</c> and <c>check-prefs</c>.</summary>
internal static class PrefsEndpoint
{
    public static async Task HandleAsync(LocalApiCall call, Backend backend)
    {
        switch (call.Request.Method)
        {
            case "GET" or "HEAD":
                await SendAsync(call, backend.Snapshot.Prefs);
                return;
            case "PATCH" when !call.MayWrite:
                await call.SendErrorAsync(403, "prefs write access denied");
                return;
            case "PATCH":
                call.Log();
                await PatchAsync(call, backend);
                return;
            default:
                await call.SendErrorAsync(405, "unsupported method");
                return;
        }
    }

    public static Task CheckAsync(LocalApiCall call)
    {
        if (!call.MayWrite)
        {
            return call.SendErrorAsync(403, "checkprefs access denied");
        }

        if (call.Request.Method != "POST")
        {
            return call.SendErrorAsync(405, "unsupported method");
        }

        call.Log();
        return call.SendJsonAsync("{}\n"u8.ToArray());
    }

    private static async Task PatchAsync(LocalApiCall call, Backend backend)
    {
        JsonDocument mask;
        try
        {
            mask = JsonDocument.Parse(call.Request.Body);
        }
        catch (JsonException)
        {
            await call.SendErrorAsync(400, GoJsonError.Describe(call.Request.Body, stream: true));
            return;
        }

        using (mask)
        {
            await SendAsync(call, backend.EditPrefs(mask.RootElement));
        }
    }

    private static Task SendAsync(LocalApiCall call, Prefs prefs) =>
        call.SendJsonAsync([.. Json.Tabbed(writer => prefs.Write(writer)), (byte)'\n']);
}
