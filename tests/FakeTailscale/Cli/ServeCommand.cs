using System.Globalization;
using System.Text;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale serve</c> for plain TCP (recording serve-cli.txt).</summary>
internal static class ServeCommand
{
    private const string Hint = "\n\ntry `tailscale serve --help` for usage info";

    public static Task<int> RunAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation) =>
        arguments.Count > 0 && arguments[0] == "status" ? StatusAsync(client, [.. arguments.Skip(1)], cancellation)
        : arguments.Count > 0 && arguments[0] == "reset" ? ResetAsync(client, cancellation)
        : SetAsync(client, arguments, cancellation);

    private static async Task<int> StatusAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(arguments, new HashSet<string> { "json" }, new HashSet<string>());
        byte[] body = await client.CallAsync("GET", "serve-config", null, cancellation);
        if (body.AsSpan().SequenceEqual("null"u8))
        {
            body = "{}"u8.ToArray();
        }

        if (flags.IsSet("json"))
        {
            CliOutput.Out([.. Json.Spaced(body), (byte)'\n']);
            return 0;
        }

        ServeConfig config = ServeConfig.Parse(body);
        if (config.Tcp.Count == 0)
        {
            CliOutput.Out("No serve config\n");
            return 0;
        }

        using JsonDocument status = await client.StatusAsync(peers: false, cancellation);
        StringBuilder text = new();
        IEnumerable<KeyValuePair<int, TcpHandler>> handlers =
            config.Tcp.OrderBy(static pair => pair.Key.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal);
        foreach ((int port, TcpHandler handler) in handlers)
        {
            text.Append(Lines(status.RootElement, port, "TLS over TCP, tailnet only", handler.TcpForward));
        }

        CliOutput.Out(text.Append('\n').ToString());
        return 0;
    }

    private static async Task<int> ResetAsync(LocalClient client, CancellationToken cancellation)
    {
        await client.CallAsync("POST", "serve-config", "{}"u8.ToArray(), cancellation);
        return 0;
    }

    private static async Task<int> SetAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(
            arguments,
            new HashSet<string> { "bg", "yes" },
            new HashSet<string> { "tcp", "proxy-protocol", "http", "https", "tls-terminated-tcp" });
        int protocol = int.Parse(flags.Text("proxy-protocol", "0"), CultureInfo.InvariantCulture);
        if (flags.Has("proxy-protocol") && !StandInVersion.KnowsProxyProtocol)
        {
            throw new GoFlagException("flag provided but not defined: -proxy-protocol");
        }

        if (protocol is not (0 or 1 or 2))
        {
            throw new CliException($"invalid PROXY protocol version {protocol}; must be 1 or 2");
        }

        if (flags.Has("http") || flags.Has("https") || flags.Has("tls-terminated-tcp"))
        {
            throw new CliException(
                protocol > 0
                    ? "PROXY protocol is only supported for TCP forwarding, not HTTP/HTTPS"
                    : "error: the stand-in serves plain TCP only" + Hint);
        }

        if (!uint.TryParse(flags.Text("tcp"), CultureInfo.InvariantCulture, out uint port) || flags.Arguments.Count != 1)
        {
            throw new GoFlagException("serve: want --tcp=PORT and one target");
        }

        if (port == 0)
        {
            throw new CliException(
                "error: failed apply web serve: must be a URL starting with one of the supported schemes: [http https https+insecure "
                    + $"unix]{Hint}");
        }

        if (port > 65535)
        {
            throw new CliException($"error: port number {port} is too high for https flag{Hint}");
        }

        using JsonDocument status = await client.StatusAsync(peers: false, cancellation);
        string? trouble = status.RootElement.Text("BackendState") switch
        {
            nameof(IpnState.NeedsLogin) => "Logged out.",
            nameof(IpnState.Stopped) => "Tailscale is stopped.",
            _ => null,
        };
        if (trouble is not null)
        {
            throw new CliException(trouble);
        }

        return await ApplyAsync(client, status.RootElement, (int)port, protocol, flags, cancellation);
    }

    private static async Task<int> ApplyAsync(
        LocalClient client, JsonElement status, int port, int protocol, GoFlags flags, CancellationToken cancellation)
    {
        byte[] body = await client.CallAsync("GET", "serve-config", null, cancellation);
        ServeConfig config = body.AsSpan().SequenceEqual("null"u8) ? ServeConfig.Empty : ServeConfig.Parse(body);
        string target = flags.Arguments[0];
        if (target == "off")
        {
            if (!config.Tcp.ContainsKey(port))
            {
                throw new CliException($"error: failed to remove TCP serve: serve config does not exist{Hint}");
            }

            await PostAsync(client, config.WithHandler(port, null), body, cancellation);
            return 0;
        }

        string forward = Target(target);
        await PostAsync(
            client, config.WithHandler(port, new TcpHandler { TcpForward = forward, ProxyProtocol = protocol }), body, cancellation);
        string kind = protocol > 0 ? $"TLS over TCP, PROXY protocol v{protocol}" : "TLS over TCP";
        string text = "Available within your tailnet:\n\n" + Lines(status, port, kind, forward) + "\n";
        if (flags.IsSet("bg"))
        {
            CliOutput.Out(
                $"{text}Serve started and running in the background.\nTo disable the proxy, run: tailscale serve --tcp={port} off\n");
            return 0;
        }

        CliOutput.Out(text + "Press Ctrl+C to exit.\n");
        await Task.Delay(Timeout.Infinite, cancellation);
        return 0;
    }

    /// <summary>The target without its scheme.</summary>
    private static string Target(string given)
    {
        const string Scheme = "tcp://";
        string? trouble = given.StartsWith("unix:", StringComparison.Ordinal) ? "unix sockets are not supported for this target type"
            : given.EndsWith(":0", StringComparison.Ordinal) ? "invalid port \"0\""
            : !given.StartsWith(Scheme, StringComparison.Ordinal) ? $"non-localhost target \"tcp://{given}\" must include a scheme"
            : null;
        return trouble is null
            ? given[Scheme.Length..]
            : throw new CliException($"error: failed to apply TCP serve: unable to expand target: {trouble}{Hint}");
    }

    private static async Task PostAsync(LocalClient client, ServeConfig config, byte[] before, CancellationToken cancellation)
    {
        try
        {
            string etag = ServeConfig.Etag(Encoding.UTF8.GetString(before));
            await client.CallAsync("POST", "serve-config", Encoding.UTF8.GetBytes(config.Text), cancellation, ("If-Match", etag));
        }
        catch (CliException failure)
        {
            throw new CliException("sending serve config: " + failure.Message);
        }
    }

    private static string Lines(JsonElement status, int port, string kind, string target)
    {
        string name = status.GetProperty("Self").Text("DNSName").TrimEnd('.');
        string[] addresses = status.Texts("TailscaleIPs");
        string shown = target.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
        return $"|-- tcp://{name}:{port} ({kind})\n|-- tcp://{addresses[0]}:{port}\n|-- tcp://[{addresses[1]}]:{port}\n"
            + $"|--> tcp://{shown}\n";
    }
}
