using Dovetail.Common;

namespace Dovetail.Commands;

/// <summary>How a command meets whoever runs it.</summary>
/// <param name="Screen">What the output may look like.</param>
/// <param name="IsLive">Whether what was printed can be replaced: the output is a terminal.</param>
/// <param name="Input">Where a person answers; null: nobody can be asked.</param>
internal sealed record Terminal(Screen Screen, bool IsLive, TextReader? Input)
{
    /// <summary>Neither a terminal nor a person.</summary>
    public static Terminal None { get; } = new(Screen.Plain, IsLive: false, Input: null);

    /// <summary>The one that this process runs in. Colours by the convention of no-color.org.</summary>
    public static Terminal OfThisProcess()
    {
        var input = Console.IsInputRedirected ? null : Console.In;
        if (Console.IsOutputRedirected)
        {
            return None with { Input = input };
        }

        var isDumb = Environment.GetEnvironmentVariable("TERM") is "dumb";
        var colour = !isDumb && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        // "docker exec -t" has no size before the client has told one.
        var width = Console.WindowWidth;
        return new Terminal(new Screen(colour, width > 0 ? width : null), IsLive: !isDumb, input);
    }
}
