using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Dovetail.Notifications.Messages;

/// <summary>What a person is told. Each text is one line, and nothing in it can end the line or hide what follows.</summary>
internal sealed record Message
{
    /// <summary>At most <see cref="MostOfTitle"/> characters.</summary>
    public const int MostOfTitle = 120;

    public required string Title { get; init; }

    /// <summary>A part for each thing to say, the most important first; a part has several lines.</summary>
    public required ImmutableArray<string> Parts { get; init; }

    /// <summary>Whether something does not work that did.</summary>
    public required bool IsBad { get; init; }

    /// <summary>Where a browser shows more; null: nowhere.</summary>
    public string? Link { get; init; }

    /// <summary>Name of the machine that Dovetail runs on, as it has it.</summary>
    public required string Host { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>What it says, for programs; empty: it is a test.</summary>
    public ImmutableArray<Change> Changes { get; init; } = [];

    /// <summary>Parts, as many as there is room for, and from where and when it is.</summary>
    /// <param name="most">Most characters of the whole, as <paramref name="lengthOf"/> counts them; at least 500.</param>
    /// <param name="lengthOf">Length of a text as the receiver counts it.</param>
    public string Body(int most, Func<string, int> lengthOf)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"Dovetail on {Host}, {At.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        end = Link is null ? end : $"{end}\n{Link}";
        var room = most - lengthOf(end) - 2;
        var body = new StringBuilder();
        for (var place = 0; place < Parts.Length; place++)
        {
            var left = Parts.Length - place;
            var rest = string.Create(CultureInfo.InvariantCulture, $"… and {left} more: dovetail status shows all.\n\n");
            var part = Parts[place] + "\n\n";
            // What is left has to be said in what is left.
            if (lengthOf(body.ToString()) + lengthOf(part) + (left > 1 ? lengthOf(rest) : 0) > room)
            {
                body.Append(rest);
                break;
            }

            body.Append(part);
        }

        return body.Append(end).ToString();
    }
}
