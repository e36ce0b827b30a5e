using System.Globalization;
using Dovetail.Common;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Model;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Configuration;

/// <summary>Reads and checks the configuration: all errors at once, each with the variable, its value and the fix.</summary>
internal sealed class SettingsReader(Func<string, string?> variables)
{
    private readonly List<string> _errors = [];

    /// <param name="variables">Value of an environment variable, after command-line options; null: not set.</param>
    /// <returns>The settings, or null and what is wrong.</returns>
    public static (DovetailOptions? Settings, IReadOnlyList<string> Errors) Read(Func<string, string?> variables)
    {
        var reader = new SettingsReader(variables);
        var settings = reader.ReadAll();
        return reader._errors.Count == 0 ? (settings, []) : (null, reader._errors);
    }

    private DovetailOptions ReadAll()
    {
        var (docker, dockerErrors) = DockerEndpoint.Parse(Text(Settings.DockerHost), Optional(Settings.DockerTlsVerify), Optional(Settings.DockerCertPath));
        _errors.AddRange(dockerErrors);
        var (key, keyFile) = (Optional(Settings.AuthKey), Optional(Settings.AuthKeyFile));
        if (key is not null && keyFile is not null)
        {
            Error(Settings.AuthKeyFile, keyFile, "TS_AUTHKEY is set too; set one of them");
        }

        var poll = Duration(Settings.Poll, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        return new DovetailOptions
        {
            Nodes = new NodeOptions
            {
                StateRoot = AbsolutePath(Settings.StateDirectory),
                RuntimeDirectory = RuntimeDirectory(),
                Tailscaled = Text(Settings.Tailscaled),
                ControlUrl = ControlUrl(),
                Memory = Memory(),
                Timings = new NodeTimingOptions { Poll = poll, CutOff = 3 * poll },
            },
            Keys = new AuthKeySource(key, keyFile),
            HasKey = key is not null || keyFile is not null,
            Services = new ServiceOptions
            {
                LabelPrefix = LabelPrefix(),
                Tags = Tags(),
                Hold = Duration(Settings.Hold, TimeSpan.Zero, ServiceOptions.MaxHold),
                AllowFunnel = Bool(Settings.AllowFunnel),
            },
            Docker = docker ?? DockerEndpoint.Default,
            OwnContainer = Optional(Settings.Container),
            Limits = Limits(),
            Grace = Duration(Settings.Grace, TimeSpan.Zero, TimeSpan.FromDays(30)),
            Resync = Duration(Settings.Resync, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            Tailscale = Text(Settings.Tailscale),
            AccessLog = Bool(Settings.AccessLog),
            LogLevel = Level(),
        };
    }

    private string? Optional(Setting setting) => variables(setting.Variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private string Text(Setting setting) => Optional(setting) ?? setting.Default ?? "";

    private string AbsolutePath(Setting setting)
    {
        var path = Text(setting);
        if (!Path.IsPathRooted(path))
        {
            Error(setting, path, "give an absolute path");
        }

        return Path.TrimEndingDirectorySeparator(path);
    }

    private string RuntimeDirectory()
    {
        var path = AbsolutePath(Settings.RuntimeDirectory);
        if (!NodePaths.Fits(path))
        {
            Error(Settings.RuntimeDirectory, path, "too long for sockets below it, whose paths end at 107 bytes; give a path of at most 80");
        }

        return path;
    }

    private string? ControlUrl()
    {
        var url = Optional(Settings.ControlUrl);
        if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            Error(Settings.ControlUrl, url, "give a URL such as https://headscale.example.com");
        }

        return url;
    }

    private long Memory()
    {
        var text = Text(Settings.NodeMemory);
        if (!SizeSyntax.TryParse(text, out var bytes) || bytes is < SizeSyntax.MinNodeMemory or > SizeSyntax.MaxNodeMemory)
        {
            Error(Settings.NodeMemory, text, SizeSyntax.AllowedNodeMemory);
        }

        return bytes;
    }

    private ListenerOptions Limits()
    {
        var connections = Number(Settings.Connections, 8, 1_000_000);
        return new ListenerOptions
        {
            ConnectionsPerNode = connections,
            ConnectionsPerPeer = connections / 4,
            RequestLineSize = Size(Settings.RequestLineSize, 1 << 10, 1 << 20, "1KiB to 1MiB"),
            RequestHeadersSize = Size(Settings.RequestHeadersSize, 1 << 12, 1 << 20, "4KiB to 1MiB"),
            RequestHeaderCount = Number(Settings.RequestHeaderCount, 20, 10_000),
        };
    }

    private int Number(Setting setting, int least, int most)
    {
        var text = Text(setting);
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < least || value > most)
        {
            Error(setting, text, $"give a number from {least} to {most}");
        }

        return value;
    }

    private int Size(Setting setting, int least, int most, string range)
    {
        var text = Text(setting);
        if (!SizeSyntax.TryParse(text, out var bytes) || bytes < least || bytes > most)
        {
            Error(setting, text, $"give a size such as {setting.Default}, from {range}");
            return least;
        }

        return (int)bytes;
    }

    private TimeSpan Duration(Setting setting, TimeSpan least, TimeSpan most)
    {
        var text = Text(setting);
        if (!DurationSyntax.TryParse(text, out var value) || value < least || value > most)
        {
            Error(setting, text, $"give a duration such as {setting.Default}, from {least.TotalSeconds:0} s to {most.TotalSeconds:0} s");
        }

        return value;
    }

    private bool Bool(Setting setting)
    {
        var text = Text(setting);
        if (!BoolSyntax.TryParse(text, out var value))
        {
            Error(setting, text, BoolSyntax.Allowed);
        }

        return value;
    }

    private EquatableArray<string> Tags()
    {
        var text = Text(Settings.Tags);
        if (!TagSyntax.TryParseList(text, out var tags, out _))
        {
            Error(Settings.Tags, text, TagSyntax.Allowed);
        }

        return tags;
    }

    private string LabelPrefix()
    {
        var prefix = Text(Settings.LabelPrefix).TrimEnd('.');
        if (prefix.Length == 0 || prefix.Any(static letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '-' or '_')))
        {
            Error(Settings.LabelPrefix, prefix, "give letters, digits, dots, hyphens or underscores, such as dovetail");
        }

        return prefix;
    }

    private LogLevel Level()
    {
        var text = Text(Settings.LogLevel);
        var level = text.ToLowerInvariant() switch
        {
            "error" => LogLevel.Error,
            "warn" or "warning" => LogLevel.Warning,
            "info" or "information" => LogLevel.Information,
            "debug" => LogLevel.Debug,
            "trace" => LogLevel.Trace,
            _ => LogLevel.None,
        };
        if (level == LogLevel.None)
        {
            Error(Settings.LogLevel, text, "give error, warning, information, debug or trace");
        }

        return level;
    }

    private void Error(Setting setting, string value, string fix) => _errors.Add($"{setting.Variable}={value}: {fix}");
}
