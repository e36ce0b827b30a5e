using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using FakeTailscale.Common;

namespace FakeTailscale.Control;

/// <summary>
/// The control server as a program of its own, with the arguments that every control program takes: control and <c>/rig/…</c> on the
/// port, the certificate authority three above it. Runs until SIGINT or SIGTERM.
/// </summary>
internal static class ControlProgram
{
    private static readonly HashSet<string> Flags = ["address", "port", "domain", "authority"];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        TestControlOptions options;
        string authority;
        try
        {
            GoFlags flags = GoFlags.Parse(arguments, new HashSet<string>(), Flags);
            authority = flags.Text("authority");
            options = new TestControlOptions
            {
                Address = IPAddress.Parse(flags.Text("address", "127.0.0.1")),
                Port = int.Parse(flags.Text("port", "0"), CultureInfo.InvariantCulture),
                TailnetSuffix = flags.Text("domain", "tailtest.ts.net"),
            };
        }
        catch (Exception refused) when (refused is GoFlagException or FormatException)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return 2;
        }

        await using TestControlServer server = new(options);
        if (authority.Length > 0)
        {
            await File.WriteAllTextAsync(authority, server.CaCertificatePem);
        }

        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        server.Faults.GoneStatus = 404;
        server.Start();
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
