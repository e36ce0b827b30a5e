using System.CommandLine;
using Dovetail.Admin;
using Dovetail.Configuration;

namespace Dovetail.Commands;

/// <summary>The command-line options that stand for environment variables: one for every setting that is no secret.</summary>
/// <param name="isHidden">They are taken, but shown in no help.</param>
internal sealed class SettingOptions(bool isHidden = false)
{
    private readonly Dictionary<string, Option<string?>> _options = Settings.All.Where(static setting => !setting.IsSecret).ToDictionary(
        static setting => setting.Variable,
        setting => new Option<string?>(setting.Option) { Description = setting.Description, HelpName = "value", Hidden = isHidden },
        StringComparer.Ordinal);

    /// <summary>Every option, for the daemon.</summary>
    public IEnumerable<Option> All => _options.Values;

    /// <summary>What a command needs that talks to a running daemon.</summary>
    public Option RuntimeDirectory => Of(Settings.RuntimeDirectory);

    public Option Of(Setting setting) => _options[setting.Variable];

    /// <summary>Value of a variable: what the command line says, else the environment.</summary>
    public Func<string, string?> Variables(ParseResult parsed) => variable =>
        _options.TryGetValue(variable, out var option) && parsed.GetResult(option) is not null
            ? parsed.GetValue(option)
            : Environment.GetEnvironmentVariable(variable);

    /// <summary>The admin socket of the daemon that a command talks to.</summary>
    public string AdminSocket(ParseResult parsed) => AdminApi.SocketIn(OptionsReader.TextOf(Settings.RuntimeDirectory, Variables(parsed))!);
}
