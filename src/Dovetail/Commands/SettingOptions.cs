using System.CommandLine;
using Dovetail.Configuration;

namespace Dovetail.Commands;

/// <summary>The command-line options that stand for environment variables.</summary>
internal sealed class SettingOptions
{
    private readonly Dictionary<string, Option<string?>> _options = new(StringComparer.Ordinal);

    public SettingOptions()
    {
        foreach (var setting in Settings.All.Where(static setting => !setting.IsSecret))
        {
            var standard = setting.Default is null ? "" : $"; default {setting.Default}";
            _options[setting.Variable] = new Option<string?>(setting.Option) { Description = $"{setting.Help} [{setting.Variable}{standard}]", HelpName = "value" };
        }
    }

    /// <summary>Every option, for the daemon.</summary>
    public IEnumerable<Option> All => _options.Values;

    /// <summary>What a command needs that speaks to a running daemon.</summary>
    public Option RuntimeDirectory => _options[Settings.RuntimeDirectory.Variable];

    /// <summary>Value of a variable: what the command line says, else the environment.</summary>
    public Func<string, string?> Variables(ParseResult parsed) => variable =>
        _options.TryGetValue(variable, out var option) && parsed.GetResult(option) is not null
            ? parsed.GetValue(option)
            : Environment.GetEnvironmentVariable(variable);
}
