using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace FakeTailscale.Tests;

/// <summary>Reads a bus stream in the background.</summary>
internal sealed class BusWatch : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<string> _lines = [];
    private readonly Task _reading;
    private string _head = "";
    private string? _end;

    private BusWatch(string path, string query)
    {
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _socket.Send(Encoding.ASCII.GetBytes($"GET /localapi/v0/watch-ipn-bus{query} HTTP/1.1\r\nHost: local-tailscaled.sock\r\n\r\n"));
        _reading = Task.Run(ReadAsync);
    }

    public string Head => _head;

    /// <summary>How the stream ended; null while it goes on.</summary>
    public string? End => Volatile.Read(ref _end);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The lines in short: <c>State=6</c>, <c>Prefs</c>, <c>Health{a,b}</c> …, without repetitions of Health and Engine.</summary>
    public IReadOnlyList<string> Events => Short(Lines);

    public static async Task<BusWatch> OpenAsync(StandInDaemon daemon, string query = "?mask=134")
    {
        BusWatch watch = new(daemon.Socket, query);
        await Eventually.TrueAsync(() => watch._head.Length > 0, "the head of the bus has come");
        return watch;
    }

    public static IReadOnlyList<string> Short(IEnumerable<string> lines)
    {
        List<string> events = [];
        foreach (string line in lines)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string text = string.Join(' ', document.RootElement.EnumerateObject().Select(Describe).Where(static part => part.Length > 0));
            if (events.Count == 0 || events[^1] != text)
            {
                events.Add(text);
            }
        }

        return events;
    }

    public Task WaitForAsync(string part) => Eventually.TrueAsync(
        () => Events.Any(line => line.Contains(part, StringComparison.Ordinal)), $"the bus says {part}");

    public Task WaitForEndAsync() => Eventually.TrueAsync(() => End is not null, "the bus ends");

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
    }

    private static string Describe(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.Null => "",
        _ when property.Name == "Version" => "",
        _ when property.Name is "State" or "ErrMessage" => $"{property.Name}={property.Value}",
        _ when property.Name == "Health" && property.Value.GetProperty("Warnings") is { ValueKind: JsonValueKind.Object } warnings =>
            $"Health{{{string.Join(',', warnings.EnumerateObject().Select(static warning => warning.Name))}}}",
        _ when property.Name == "Health" => "Health{}",
        _ => property.Name,
    };

    private async Task ReadAsync()
    {
        StringBuilder text = new();
        byte[] buffer = new byte[65536];
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory()) is var read && read > 0)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                Take(text);
            }

            Volatile.Write(ref _end, _end ?? "EOF without final chunk");
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            Volatile.Write(ref _end, _end ?? "connection reset");
        }
    }

    private void Take(StringBuilder pending)
    {
        string text = pending.ToString();
        if (_head.Length == 0)
        {
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                return;
            }

            text = text[(end + 4)..];
            Volatile.Write(ref _head, pending.ToString()[..end]);
        }

        while (text.IndexOf("\r\n", StringComparison.Ordinal) is var line && line >= 0)
        {
            int size = Convert.ToInt32(text[..line], 16);
            if (text.Length < line + 2 + size + 2)
            {
                break;
            }

            string chunk = text.Substring(line + 2, size);
            text = text[(line + 2 + size + 2)..];
            if (size == 0)
            {
                Volatile.Write(ref _end, "final zero-length chunk (clean end)");
                continue;
            }

            lock (_lines)
            {
                _lines.Add(chunk);
            }
        }

        pending.Clear().Append(text);
    }
}
