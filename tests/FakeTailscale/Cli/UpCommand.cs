using System.Net.Sockets;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Http;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale up</c>: the steps and texts of the real one (recordings up-*.txt).</summary>
internal sealed class UpCommand(LocalClient client, IReadOnlyList<string> arguments)
{
    private const string TooSlow = "timeout waiting for Tailscale service to enter a Running state; check health with \"tailscale status\"";

    private readonly UpFlags _flags = new(arguments);
    private bool _printed;
    private string _lastUrl = "";

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (_flags.Arguments.Count > 0)
        {
            throw new CliException(
                $"too many non-flag arguments: [{string.Join(' ', _flags.Arguments.Select(static word => $"\"{word}\""))}]");
        }

        using JsonDocument statusDocument = await client.StatusAsync(peers: true, cancellation);
        JsonElement status = statusDocument.RootElement;
        UpChecks.Tags(_flags.Tags);
        UpChecks.Hostname(_flags.Hostname);
        using JsonDocument prefsDocument = JsonDocument.Parse(await client.CallAsync("GET", "prefs", null, cancellation));
        JsonElement before = prefsDocument.RootElement;
        string state = status.Text("BackendState");
        bool simple = !_flags.Reset
            && _flags.Given.Count == 0
            && before.GetProperty("Config").ValueKind == JsonValueKind.Object
            && state != nameof(IpnState.NeedsLogin);
        if (!_flags.Reset && !simple && before.GetProperty("Config").ValueKind == JsonValueKind.Object)
        {
            UpChecks.AccidentalReverts(_flags, before);
        }

        bool otherServer = _flags.LoginServer != before.Text("ControlURL");
        bool running = state == nameof(IpnState.Running);
        if (!simple && otherServer && running && !_flags.ForceReauth)
        {
            throw new CliException("can't change --login-server without --force-reauth");
        }

        bool sameTags = _flags.Tags.SequenceEqual(before.Texts("AdvertiseTags"));
        if (running && (simple || (!_flags.ForceReauth && _flags.AuthKeyOrFile.Length == 0 && !otherServer && sameTags)))
        {
            await client.CallAsync("PATCH", "prefs", Prefs(masked: true, simple), cancellation);
            return 0;
        }

        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (_flags.Timeout > TimeSpan.Zero)
        {
            deadline.CancelAfter(_flags.Timeout);
        }

        try
        {
            return await BringUpAsync(status, simple, deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException(TooSlow);
        }
    }

    private async Task<int> BringUpAsync(JsonElement status, bool simple, CancellationToken cancellation)
    {
        using HttpReply bus = await client.WatchBusAsync(cancellation);
        if (simple)
        {
            await client.CallAsync("PATCH", "prefs", Prefs(masked: true, simple: true), cancellation);
        }
        else
        {
            await client.CallAsync("POST", "check-prefs", Prefs(masked: false, simple: false), cancellation);
            string key = await OAuthKey.ResolveAsync(_flags.ReadAuthKey(), _flags.Tags, _flags.LoginServer, cancellation);
            await client.CallAsync("POST", "start", StartBody(key), cancellation);
            if (_flags.ForceReauth || !status.IsTrue("HaveNodeKey"))
            {
                await client.CallAsync("POST", "login-interactive", [], cancellation);
            }
        }

        string oldKey = status.GetProperty("Self").Text("PublicKey");
        bool waitsForKey = _flags.ForceReauth;
        bool running = false;
        bool started = simple;
        while (!running || waitsForKey)
        {
            byte[]? line = await NextAsync(bus, cancellation);
            using JsonDocument message = JsonDocument.Parse(line ?? throw new CliException("EOF"));
            JsonElement notify = message.RootElement;

            // The start announces preferences first. An error before that belongs to the attempt that it replaces: the real CLI can trip
            // over it, but within a few milliseconds, which here would be many.
            started |= notify.GetProperty("Prefs").ValueKind == JsonValueKind.Object;
            if (started && notify.Text("ErrMessage") is { Length: > 0 } error)
            {
                throw new CliException($"backend error: {error}");
            }

            if (notify.GetProperty("State").ValueKind == JsonValueKind.Number)
            {
                IpnState state = (IpnState)notify.Number("State");
                running = state == IpnState.Running;
                if (state == IpnState.NeedsMachineAuth)
                {
                    AskForApproval();
                }
            }

            JsonElement map = notify.GetProperty("NetMap");
            if (map.ValueKind == JsonValueKind.Object && map.Text("NodeKey") != oldKey)
            {
                waitsForKey = false;
            }

            if (notify.Text("BrowseToURL") is { Length: > 0 } url && _flags.AuthKeyOrFile.Length == 0 && url != _lastUrl)
            {
                AskForLogin(url);
            }
        }

        if (_flags.Json)
        {
            CliOutput.Out("{\n  \"BackendState\": \"Running\"\n}\n");
        }
        else if (_printed)
        {
            CliOutput.Error("Success.\n");
        }

        return 0;
    }

    private static async Task<byte[]?> NextAsync(HttpReply bus, CancellationToken cancellation)
    {
        try
        {
            return await bus.ReadChunkAsync(cancellation) is { Length: > 0 } line ? line : null;
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            return null;
        }
    }

    private void AskForLogin(string url)
    {
        _printed = true;
        _lastUrl = url;
        if (_flags.Json)
        {
            CliOutput.Out(
                $"{{\n\t\"AuthURL\": \"{url}\",\n\t\"QR\": "
                    + "\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAIAAAACAAQMAAAD5\",\n\t\"BackendState\": \"NeedsLogin\"\n}\n");
        }
        else
        {
            CliOutput.Error($"\nTo authenticate, visit:\n\n\t{url}\n\n");
        }
    }

    private void AskForApproval()
    {
        _printed = true;
        if (_flags.Json)
        {
            CliOutput.Out("{\n  \"BackendState\": \"NeedsMachineAuth\"\n}\n");
        }
        else
        {
            CliOutput.Error($"\nTo approve your machine, visit (as admin):\n\n\t{_flags.LoginServer}/admin\n\n");
        }
    }

    private byte[] StartBody(string key) => Json.Line(writer =>
    {
        writer.WriteStartObject();
        if (key.Length > 0)
        {
            writer.WriteString("AuthKey", key);
        }

        writer.WritePropertyName("UpdatePrefs");
        writer.WriteRawValue(Prefs(masked: false, simple: false));
        writer.WriteEndObject();
    });

    private byte[] Prefs(bool masked, bool simple) => Json.Line(writer =>
    {
        writer.WriteStartObject();
        Write("WantRunning", true);
        if (!simple)
        {
            writer.WriteString("ControlURL", _flags.LoginServer);
            WriteFlag("ControlURL");
            Write("RouteAll", _flags.AcceptRoutes);
            Write("CorpDNS", _flags.AcceptDns);
            Write("ShieldsUp", _flags.ShieldsUp);
            writer.WriteTexts("AdvertiseTags", _flags.Tags);
            WriteFlag("AdvertiseTags");
            writer.WriteString("Hostname", _flags.Hostname);
            WriteFlag("Hostname");
            writer.WriteString("OperatorUser", _flags.Operator);
            WriteFlag("OperatorUser");
        }

        writer.WriteEndObject();

        void Write(string name, bool value)
        {
            writer.WriteBoolean(name, value);
            WriteFlag(name);
        }

        void WriteFlag(string name)
        {
            if (masked)
            {
                writer.WriteBoolean(name + "Set", true);
            }
        }
    });
}
