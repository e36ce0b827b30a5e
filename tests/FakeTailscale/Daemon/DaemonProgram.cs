using System.Net.Sockets;
using System.Runtime.InteropServices;
using FakeTailscale.Common;
using FakeTailscale.DataPath;
using FakeTailscale.Http;
using FakeTailscale.LocalApi;

namespace FakeTailscale.Daemon;

/// <summary><c>tailscaled</c>.</summary>
internal static class DaemonProgram
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        DaemonOptions options;
        try
        {
            options = DaemonOptions.Parse(arguments);
        }
        catch (GoFlagException refused)
        {
            DaemonLog.Raw($"{refused.Message}\nUsage of {ProgramName.Path}:\n{DaemonUsage.Flags.TrimEnd('\n')}");
            return 2;
        }

        if (options.Version)
        {
            Native.WriteAll(1, System.Text.Encoding.UTF8.GetBytes(StandInVersion.Text));
            return 0;
        }

        if (options.Arguments.Count > 0)
        {
            DaemonLog.Line(
                "tailscaled does not take non-flag arguments: "
                    + $"[{string.Join(' ', options.Arguments.Select(static word => $"\"{word}\""))}]");
            return 1;
        }

        if (options.Socket.Length == 0)
        {
            DaemonLog.Raw("--socket is required");
            return 1;
        }

        DaemonLog.Raw("TPM: error opening: stat /dev/tpmrm0: no such file or directory");
        return ParentDeath.Watch() ? await ServeAsync(options, arguments) : 1;
    }

    private static async Task<int> ServeAsync(DaemonOptions options, IReadOnlyList<string> arguments)
    {
        TaskCompletionSource<string> stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration terminate = Catch(PosixSignal.SIGTERM, "terminated", stop);
        using PosixSignalRegistration interrupt = Catch(PosixSignal.SIGINT, "interrupt", stop);
        Native.UseDefault(Native.SignalHangup);
        Native.Ignore(Native.SignalUser1);
        Native.Ignore(Native.SignalUser2);

        WriteBanner(options, arguments);
        Socket listener;
        SocksServer? socks = null;
        HttpProxyServer? proxy = null;
        try
        {
            listener = LocalSocket.Listen(options.Socket);
            socks = options.SocksAddress() is { } address ? new SocksServer(address) : null;
            proxy = options.HttpProxyAddress() is { } proxyAddress ? new HttpProxyServer(proxyAddress) : null;
        }
        catch (BackendException failure)
        {
            return EndEarly(failure.Message);
        }
        catch (Exception failure) when (failure is SocketException or FormatException)
        {
            string reason = failure is SocketException socket ? GoSocketError.Describe(socket.SocketErrorCode) : failure.Message;
            return EndEarly(socks is null && options.Socks5Server.Length > 0
                ? $"SOCKS5 listener: listen tcp {options.Socks5Server}: {reason}"
                : $"HTTP proxy listener: listen tcp {options.OutboundHttpProxy}: {reason}");
        }

        using SocksServer? ownedSocks = socks;
        using HttpProxyServer? ownedProxy = proxy;
        using UnderlayServer underlay = new();
        StateStore store = StateStore.Open(options.StatePath, options.StateDirectory, options.InMemory);
        MapRequest about = new()
        {
            NodeKey = "",
            Hostname = "",
            DiscoKey = NodeIdentity.NewKey("discokey"),
            Instance = Native.RandomHex(8),
            UnderlayPort = underlay.Port,
            PeerApiPort = underlay.Port,
        };
        Backend backend = new(store, new DataGate(), about, Random.Shared);
        backend.OnFirstMap = () => KeepFiles(options, store);
        backend.Boot();
        underlay.Start(backend);
        socks?.Start(new PeerDialer(backend));
        proxy?.Start(new PeerDialer(backend));
        using Door? door = Door.Open(backend, options.StateDirectory);
        using CertificateStore certificates = new(options.VarRoot, backend);
        LocalApiServer api = new(backend, certificates);
        await using HttpServer server = new(listener, api.HandleAsync);
        server.Start();
        DaemonLog.Noise(0.25);
        RemoveDiagnosticsSocket();

        string signal = await stop.Task;
        DaemonLog.Line($"tailscaled got signal {signal}; shutting down");
        DaemonLog.Line("canceling captive portal context");
        server.StopListening();
        File.Delete(options.Socket);
        backend.EndBus();
        if (certificates.IsRenewing)
        {
            // Releases up to 1.102.3 can lock up here; then only SIGKILL ends them.
            await Task.Delay(Timeout.Infinite);
        }

        await server.DrainAsync(DrainLimit);
        await backend.DisposeAsync();
        DaemonLog.Line("flushing log.");
        DaemonLog.Line("logger closing down");
        Native.ExitNow(0);
        return 0;
    }

    private static void WriteBanner(DaemonOptions options, IReadOnlyList<string> arguments)
    {
        IEnumerable<string> words = arguments.Prepend(ProgramName.Path).Select(static word => $"\"{word}\"");
        if (options.NoLogs)
        {
            DaemonLog.Line("You have disabled logging. Tailscale will not be able to provide support.");
        }

        DaemonLog.Line("logtail started");
        DaemonLog.Line($"Program starting: v{StandInVersion.Long}, Go 1.26.10: []string{{{string.Join(", ", words)}}}");
        DaemonLog.Line($"LogID: {Native.RandomHex(32)}");
        WriteLogConfig();
    }

    /// <summary>
    /// Keeps a log ID where the real daemon does: in <c>$TS_LOGS_DIR</c>, and only when it exists (recorded).
    /// </summary>
    private static void WriteLogConfig()
    {
        if (Environment.GetEnvironmentVariable("TS_LOGS_DIR") is not { Length: > 0 } directory || !Directory.Exists(directory))
        {
            return;
        }

        string path = Path.Combine(directory, "tailscaled.log.conf");
        if (File.Exists(path))
        {
            return;
        }

        DaemonLog.Line($"logpolicy.ConfigFromFile {path}: open {path}: no such file or directory");
        DaemonLog.Raw($"logpolicy.Config.Validate for {path}: config is nil");
        try
        {
            File.WriteAllText(
                path,
                $"{{\n\t\"Collection\": \"tailnode.log.tailscale.io\",\n\t\"PrivateID\": \"{Native.RandomHex(32)}\",\n\t\"PublicID\": "
                    + $"\"{Native.RandomHex(32)}\"\n}}");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            DaemonLog.Line($"logpolicy: {failure.Message}");
        }
    }

    private static void KeepFiles(DaemonOptions options, StateStore store)
    {
        if (options.StateDirectory.Length == 0 || store.Failure is not null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(
                Path.Combine(options.StateDirectory, "files"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string derp = Path.Combine(options.StateDirectory, "derpmap.cached.json");
            if (!File.Exists(derp))
            {
                File.WriteAllBytes(derp, Network.NetMapDocument.DerpMap());
                File.SetUnixFileMode(derp, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            DaemonLog.Line(failure.Message);
        }
    }

    /// <summary>The runtime's own socket would stay behind whenever a test kills the daemon.</summary>
    private static void RemoveDiagnosticsSocket()
    {
        foreach (string path in Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{Environment.ProcessId}-*"))
        {
            File.Delete(path);
        }
    }

    private static int EndEarly(string reason)
    {
        DaemonLog.Line("flushing log.");
        DaemonLog.Line("logger closing down");
        DaemonLog.Line(reason);
        return 1;
    }

    private static PosixSignalRegistration Catch(
        PosixSignal signal, string name, TaskCompletionSource<string> stop) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        stop.TrySetResult(name);
    });
}
