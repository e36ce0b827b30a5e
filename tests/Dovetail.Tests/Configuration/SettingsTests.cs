using System.Reflection;
using Dovetail.Configuration;

namespace Dovetail.Tests.Configuration;

public sealed class SettingsTests
{
    [Fact]
    public void Every_setting_is_in_the_list_once()
    {
        var declared = typeof(Settings)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (Setting)field.GetValue(null)!);

        Assert.Equal(declared.Select(setting => setting.Variable).Order(), Settings.All.Select(setting => setting.Variable).Order());
    }

    [Fact]
    public void Every_option_is_named_after_its_variable()
    {
        Assert.Equal("--state-dir", Settings.StateDirectory.Option);
        Assert.Equal("--docker-host", Settings.DockerHost.Option);
        Assert.Equal("--node-memory", Settings.NodeMemory.Option);
        Assert.Equal(Settings.All.Length, Settings.All.Select(setting => setting.Option).Distinct().Count());
    }

    [Fact]
    public void Help_names_the_variable_the_default_and_the_range()
    {
        Assert.Equal("how long a node outlives its last container [DOVETAIL_GRACE; default 5m; 0s to 720h]", Settings.Grace.Description);
        Assert.Equal("control server, for Headscale [TS_CONTROL_URL; default: Tailscale's]", Settings.ControlUrl.Description);
        Assert.Equal("file with the auth key; read at each use [TS_AUTHKEY_FILE]", Settings.AuthKeyFile.Description);
    }

    [Fact]
    public void The_table_of_variables_in_the_readme_is_the_list_of_settings()
    {
        var rows = Repository.Readme.Split('\n')
            .SkipWhile(line => line != "| variable | default | meaning |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', 4, StringSplitOptions.TrimEntries))
            .Select(cells => (Variable: cells[1], Default: cells[2], Meaning: cells[3].Replace("`", "", StringComparison.Ordinal)))
            .ToList();

        Assert.Equal(
            Settings.All.Select(setting => ($"`{setting.Variable}`", DefaultOf(setting))),
            rows.Select(row => (row.Variable, row.Default)));
        Assert.All(Settings.All.Zip(rows), pair => Assert.Contains(pair.First.Range ?? "", pair.Second.Meaning, StringComparison.Ordinal));
    }

    private static string DefaultOf(Setting setting) => setting.Default is { } standard ? $"`{standard}`" : setting.WhenUnset ?? "–";
}
