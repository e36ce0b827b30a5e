using System.Text.RegularExpressions;
using Dovetail.Commands;
using Dovetail.Common;
using Dovetail.Tests.Commands;

namespace Dovetail.Tests.Architecture;

/// <summary>The examples say what <c>dovetail check</c> finds right, and README names each.</summary>
public sealed partial class ExamplesTests
{
    private static string Root => Path.Combine(Repository.Root, "examples");

    public static TheoryData<string, string> Files => new(
        Directory.GetFiles(Root, "*.yaml", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is "compose.yaml" or "stack.yaml")
            .Select(file => (Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileName(file)))
            .Order());

    public static TheoryData<string> Examples => new(
        Directory.GetDirectories(Root).Select(directory => Path.GetFileName(directory)).Order());

    [Theory]
    [MemberData(nameof(Files))]
    public async Task What_it_would_expose_has_no_mistake_and_no_warning(string example, string file)
    {
        // Beside a .env with what the file asks for, as a user would set it.
        var work = Directory.CreateTempSubdirectory("dovetail-example-");
        try
        {
            var copy = Path.Combine(work.CreateSubdirectory(example).FullName, file);
            var text = await File.ReadAllTextAsync(Path.Combine(Root, example, file), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(copy, text, TestContext.Current.CancellationToken);
            await File.WriteAllLinesAsync(
                Path.Combine(Path.GetDirectoryName(copy)!, ".env"),
                Required().Matches(text).Select(match => match.Groups["name"].Value)
                    .Select(name => $"{name}={(name == "TS_CONTROL_URL" ? "https://headscale.example.com" : "alice@example.com")}"),
                TestContext.Current.CancellationToken);

            var (exitCode, output, error) = await CommandLine.RunAsync(
                Terminal.None with { Screen = Screen.Plain }, TestContext.Current.CancellationToken, "check", "--compose", copy);

            Assert.True(exitCode == 0, output + error);
            Assert.Empty(error);
            Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
            var names = Name().Matches(text).Select(match => match.Groups["name"].Value).ToList();
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.Contains(name, output, StringComparison.Ordinal));
            Assert.Contains($"examples/{example}/{file}", text, StringComparison.Ordinal);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    // Else another container may have taken the address before the one that it is for starts.
    [Theory]
    [MemberData(nameof(Files))]
    public void A_network_with_a_fixed_address_gives_the_others_theirs_from_a_range_of_its_own(string example, string file)
    {
        var lines = File.ReadAllLines(Path.Combine(Root, example, file));

        Assert.Equal(
            lines.Any(static line => line.Contains(" ipv4_address: ", StringComparison.Ordinal)),
            lines.Any(static line => line.Contains("ip_range: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_services_file_says_what_it_says_it_does()
    {
        var directory = Path.Combine(Root, "services-file");

        var (exitCode, output, error) = await CommandLine.RunAsync(
            Terminal.None with { Screen = Screen.Plain },
            TestContext.Current.CancellationToken,
            "check", "--compose", Path.Combine(directory, "compose.yaml"), "--services-file", Path.Combine(directory, "services.yaml"));

        Assert.True(exitCode == 0, output + error);
        Assert.EndsWith("5 services, no mistakes\n", output, StringComparison.Ordinal);
        Assert.Contains("http://192.168.1.10:8123", output, StringComparison.Ordinal);
        Assert.Contains("at http://notes:80", output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void It_is_named_in_the_README(string example) =>
        Assert.Contains($"examples/{example}", Repository.Readme, StringComparison.Ordinal);

    [Fact]
    public void Images_have_a_tag_and_Dovetails_state_a_volume() => Assert.All(Files, row =>
    {
        var text = File.ReadAllText(Path.Combine(Root, row.Data.Item1, row.Data.Item2));
        Assert.All(
            Image().Matches(text).Select(match => match.Groups["name"].Value)
                .Where(image => image is not ("dovetail" or "localhost/dovetail")),
            image => Assert.Matches(@":[^/]+$", image));
        Assert.Contains("- dovetail:/var/lib/dovetail", text, StringComparison.Ordinal);
    });

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+):\?")]
    private static partial Regex Required();

    [GeneratedRegex(@"^\s+dovetail\.(?:services\.[a-z]+\.)?name: (?<name>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Name();

    [GeneratedRegex(@"^\s+image: (?<name>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Image();
}
