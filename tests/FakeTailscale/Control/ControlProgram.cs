using System.Net;
using System.Runtime.InteropServices;
using FakeTailscale.Common;

namespace FakeTailscale.Control;

/// <summary>The control server as a process, for trying things by hand: prints its URL and runs until SIGINT or SIGTERM.</summary>
internal static class ControlProgram
{
    private static readonly HashSet<string> Booleans = ["require-login", "require-approval"];
    private static readonly HashSet<string> Others = ["listen", "ca-file", "auth-key", "user", "register-delay", "suffix"];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        GoFlags flags;
        IPEndPoint? address;
        TimeSpan delay;
        try
        {
            flags = GoFlags.Parse(arguments, Booleans, Others);
            if (!IPEndPoint.TryParse(flags.Text("listen", "127.0.0.1:0"), out address)
                || !GoDuration.TryParse(flags.Text("register-delay", "0"), out delay))
            {
                throw new GoFlagException("--listen takes IP:PORT, --register-delay a duration like 10s");
            }
        }
        catch (GoFlagException refused)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 2;
        }

        await using TestControlServer server = await TestControlServer.StartAsync(
            new TestControlOptions
            {
                Address = address.Address,
                Port = address.Port,
                TailnetSuffix = flags.Text("suffix", "tailtest.ts.net"),
            });
        server.RequireLogin = flags.IsSet("require-login", otherwise: true);
        server.RequireApproval = flags.IsSet("require-approval");
        server.Faults.RegisterDelay = delay;
        if (flags.Text("auth-key") is { Length: > 0 } key)
        {
            server.AddAuthKey(key, new AuthKeyOptions { User = flags.Has("user") ? flags.Text("user") : null, Preauthorized = true });
        }

        if (flags.Text("ca-file") is { Length: > 0 } path)
        {
            await File.WriteAllTextAsync(path, server.CaCertificatePem);
        }

        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await Console.Out.WriteLineAsync(server.Url);
        await stop.Task;
        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }
}
