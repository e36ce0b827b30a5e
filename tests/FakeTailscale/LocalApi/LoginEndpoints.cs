using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.LocalApi;

/// <summary><c>start</c>, <c>login-interactive</c> and <c>logout</c>.</summary>
internal static class LoginEndpoints
{
    public static async Task StartAsync(LocalApiCall call, Backend backend)
    {
        if (!await AdmitAsync(call, "access denied"))
        {
            return;
        }

        DaemonLog.Noise(0.3);
        JsonDocument options;
        try
        {
            options = JsonDocument.Parse(call.Request.Body);
        }
        catch (JsonException)
        {
            await call.SendErrorAsync(400, GoJsonError.Describe(call.Request.Body, stream: true));
            return;
        }

        using (options)
        {
            JsonElement root = options.RootElement;
            Prefs? update = root.TryGetProperty("UpdatePrefs", out JsonElement prefs) && prefs.ValueKind == JsonValueKind.Object
                ? Prefs.Read(prefs)
                : null;
            backend.Start(root.Text("AuthKey"), update);
        }

        await call.SendNothingAsync(204);
    }

    public static async Task LoginInteractiveAsync(LocalApiCall call, Backend backend)
    {
        if (await AdmitAsync(call, "login access denied"))
        {
            backend.LoginInteractive(call.Peer.Process);
            await call.SendNothingAsync(204);
        }
    }

    public static async Task LogoutAsync(LocalApiCall call, Backend backend)
    {
        if (await AdmitAsync(call, "logout access denied"))
        {
            await backend.LogoutAsync();
            await call.SendNothingAsync(204);
        }
    }

    private static async Task<bool> AdmitAsync(LocalApiCall call, string denied)
    {
        if (!call.MayWrite)
        {
            await call.SendErrorAsync(403, denied);
            return false;
        }

        if (call.Request.Method != "POST")
        {
            await call.SendErrorAsync(400, "want POST");
            return false;
        }

        call.Log();
        return true;
    }
}
