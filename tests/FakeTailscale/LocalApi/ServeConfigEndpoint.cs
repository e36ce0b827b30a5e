using System.Text;
using FakeTailscale.Daemon;

namespace FakeTailscale.LocalApi;

/// <summary><c>serve-config</c> (recording serve-before-login.txt).</summary>
internal static class ServeConfigEndpoint
{
    public static async Task HandleAsync(LocalApiCall call, Backend backend)
    {
        switch (call.Request.Method)
        {
            case "GET" or "HEAD":
                string text = backend.Snapshot.VisibleServe?.Text ?? "null";
                await call.SendJsonAsync(Encoding.UTF8.GetBytes(text), ServeConfig.Etag(text));
                return;
            case "POST" when !call.MayWrite:
                await call.SendErrorAsync(403, "serve config denied");
                return;
            case "POST":
                call.Log();
                await PostAsync(call, backend);
                return;
            default:
                await call.SendErrorAsync(405, "method not allowed");
                return;
        }
    }

    private static async Task PostAsync(LocalApiCall call, Backend backend)
    {
        bool done;
        try
        {
            ServeConfig config = ServeConfig.Parse(call.Request.Body);
            done = backend.SetServeConfig(config, call.Request.Headers.Find("If-Match"));
        }
        catch (BackendException failure)
        {
            await call.SendJsonErrorAsync(failure.Message);
            return;
        }

        await (done ? call.SendNothingAsync(200) : call.SendErrorAsync(412, "etag mismatch"));
    }
}
