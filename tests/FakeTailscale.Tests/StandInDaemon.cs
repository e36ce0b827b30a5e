using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace FakeTailscale.Tests;

/// <summary>A tailscaled process of the stand-in.</summary>
internal sealed class StandInDaemon : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly StringBuilder _error = new();

    private StandInDaemon(Process process, string socket, bool drain)
    {
        Process = process;
        Socket = socket;
        if (drain)
        {
            process.ErrorDataReceived += (_, line) =>
            {
                lock (_error)
                {
                    _error.AppendLine(line.Data);
                }
            };
            process.BeginErrorReadLine();
        }
    }

    public Process Process { get; }

    public string Socket { get; }

    public string Error
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    /// <param name="start">What to start; its stderr is read.</param>
    /// <param name="socket">Waited for.</param>
    /// <param name="drain">False leaves stderr to the caller.</param>
    public static async Task<StandInDaemon> StartAsync(ProcessStartInfo start, string socket, bool drain = true)
    {
        start.RedirectStandardError = true;
        StandInDaemon daemon = new(Process.Start(start)!, socket, drain);
        await Eventually.TrueAsync(() => daemon.Accepts() || daemon.Process.HasExited, "the socket accepts");
        return daemon;
    }

    public Task<RawReply> GetAsync(string path, string headers = "") => RequestAsync("GET", path, "", headers);

    public Task<RawReply> RequestAsync(string method, string path, string body = "", string headers = "")
    {
        string length = body.Length > 0 || method == "POST" ? $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n" : "";
        return RawReply.ExchangeAsync(
            Socket,
            $"{method} /localapi/v0/{path} HTTP/1.1\r\nHost: local-tailscaled.sock\r\n{headers}{length}Connection: close\r\n\r\n{body}",
            Limit);
    }

    public async Task<JsonElement> StatusAsync()
    {
        RawReply reply = await GetAsync("status");
        return JsonDocument.Parse(reply.Body).RootElement;
    }

    public async Task<string> StateAsync() => (await StatusAsync()).GetProperty("BackendState").GetString()!;

    public async Task<IReadOnlyList<string>> HealthAsync() =>
        [.. (await StatusAsync()).GetProperty("Health").EnumerateArray().Select(static text => text.GetString()!)];

    public async Task<bool> IsOnlineAsync() => (await StatusAsync()).GetProperty("Self").GetProperty("Online").GetBoolean();

    public Task WaitForStateAsync(string state) => Eventually.TrueAsync(
        async () => await StateAsync() == state, $"BackendState is {state}");

    /// <summary>Signals the daemon and waits for its end.</summary>
    public async Task<int> EndAsync(int signal)
    {
        Signals.Send(Process.Id, signal);
        using CancellationTokenSource limit = new(Limit);
        await Process.WaitForExitAsync(limit.Token);
        return ExitCode(Process);
    }

    /// <summary>The exit code, negative when a signal ended the process.</summary>
    public static int ExitCode(Process process) => process.ExitCode > 128 ? 128 - process.ExitCode : process.ExitCode;

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
    }

    private bool Accepts()
    {
        try
        {
            using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(Socket));
            return true;
        }
        catch (Exception failure) when (failure is SocketException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }
}
