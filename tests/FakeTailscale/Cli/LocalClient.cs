using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Http;

namespace FakeTailscale.Cli;

/// <summary>The CLI's side of the LocalAPI.</summary>
/// <param name="socket">Path of the daemon's socket.</param>
/// <param name="commandLine">All words of the command, for the hint to use sudo.</param>
internal sealed class LocalClient(string socket, IReadOnlyList<string> commandLine)
{
    // Recorded: a missing daemon is waited for.
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectRetry = TimeSpan.FromMilliseconds(250);

    public async Task<JsonDocument> StatusAsync(bool peers, CancellationToken cancellation)
    {
        byte[] body = await StatusBytesAsync(peers, cancellation);
        return JsonDocument.Parse(body);
    }

    /// <exception cref="CliException">There is no daemon.</exception>
    public async Task<byte[]> StatusBytesAsync(bool peers, CancellationToken cancellation)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using HttpReply reply = await OpenAsync("GET", "status" + (peers ? "" : "?peers=false"), null, cancellation);
                return await reply.ReadBodyAsync(cancellation);
            }
            catch (SocketException failure)
            {
                if (TimeProvider.System.GetElapsedTime(start) > ConnectPatience)
                {
                    throw new CliException(NoDaemon(failure));
                }
            }

            await Task.Delay(ConnectRetry, cancellation);
        }
    }

    /// <exception cref="CliException">Refused, in the CLI's words.</exception>
    public async Task<byte[]> CallAsync(
        string method, string path, byte[]? body, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        try
        {
            using HttpReply reply = await OpenAsync(method, path, body, cancellation, headers);
            byte[] answer = await reply.ReadBodyAsync(cancellation);
            string text = reply.Status < 300 ? "" : ErrorText(answer);
            return reply.Status switch
            {
                < 300 => answer,
                403 => throw new CliException(
                    $"Access denied: {text}\n\nUse 'sudo tailscale {string.Join(' ', commandLine)}'.\nTo not require root, use 'sudo "
                        + "tailscale set --operator=$USER' once."),
                404 => throw new CliException(text) { ExitCode = 404 },
                _ => throw new CliException($"{reply.StatusLine}: {text}"),
            };
        }
        catch (SocketException failure)
        {
            throw new CliException(NoDaemon(failure));
        }
        catch (IOException)
        {
            throw new CliException("EOF");
        }
    }

    public Task<HttpReply> WatchBusAsync(CancellationToken cancellation) => OpenAsync("GET", "watch-ipn-bus?mask=0", null, cancellation);

    private Task<HttpReply> OpenAsync(
        string method, string path, byte[]? body, CancellationToken cancellation, params (string Name, string Value)[] headers) =>
        HttpCall.SendAsync(
            new UnixDomainSocketEndPoint(socket), method, "/localapi/v0/" + path, "local-tailscaled.sock", body, cancellation, headers);

    private static string ErrorText(byte[] answer)
    {
        string text = Encoding.UTF8.GetString(answer).TrimEnd('\n');
        if (text.StartsWith('{'))
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Text("error") is { Length: > 0 } error ? error : text;
        }

        return text;
    }

    private string NoDaemon(SocketException failure)
    {
        string reason = failure.SocketErrorCode is SocketError.AddressNotAvailable || !File.Exists(socket)
            ? "connect: no such file or directory"
            : GoSocketError.Describe(failure.SocketErrorCode);
        string error =
            $"Failed to connect to local Tailscale daemon for /localapi/v0/status; not running? Error: dial unix {socket}: {reason}";
        return RunningDaemon() is { } process
            ? $"failed to connect to local tailscaled (which appears to be running as tailscaled, pid {process}). Got error: {error}"
            : $"failed to connect to local tailscaled; it doesn't appear to be running (sudo systemctl start tailscaled ?)";
    }

    private static string? RunningDaemon()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            string process = Path.GetFileName(directory);
            try
            {
                if (char.IsAsciiDigit(process[0]) && File.ReadAllText(Path.Combine(directory, "comm")).TrimEnd() == "tailscaled")
                {
                    return process;
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
            }
        }

        return null;
    }
}
