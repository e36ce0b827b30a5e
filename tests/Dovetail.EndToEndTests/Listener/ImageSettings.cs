using System.Text.RegularExpressions;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>What the image sets in Dovetail's environment for the runtime, from the Dockerfile's last stage.</summary>
internal static partial class ImageSettings
{
    public static IReadOnlyDictionary<string, string?> Runtime { get; } = Read();

    private static Dictionary<string, string?> Read()
    {
        var text = File.ReadAllText(Path.Combine(BaseImages.Repository, "Dockerfile"));
        var settings = Setting().Matches(text[text.LastIndexOf("\nFROM ", StringComparison.Ordinal)..])
            .ToDictionary(match => match.Groups["name"].Value, string? (match) => match.Groups["value"].Value);
        return settings.Count > 0
            ? settings
            : throw new InvalidOperationException("The Dockerfile's last stage sets nothing for the runtime any more.");
    }

    [GeneratedRegex(@"\b(?<name>DOTNET_\w+)=(?<value>\S+)")]
    private static partial Regex Setting();
}
