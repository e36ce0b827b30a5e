using Dovetail.Common;

namespace Dovetail.Services.Labels;

/// <summary>
/// The labels of one service, read value by value. A bad value is noted, and reading goes on with the default, so that a person sees
/// all that is wrong at once.
/// </summary>
/// <param name="path">What stands before each label's name, with its dot: <c>dovetail.</c> or <c>dovetail.services.x.</c></param>
/// <param name="values">By name without <paramref name="path"/>.</param>
internal sealed class LabelReader(string path, IReadOnlyDictionary<string, string> values)
{
    private const int MaxShownErrors = 5;

    private readonly List<string> _errors = [];

    public delegate bool Parser<T>(string text, out T value);

    public IReadOnlyList<string> Errors => _errors;

    public IEnumerable<string> Names => values.Keys;

    public bool Has(string name) => values.ContainsKey(name);

    public string? Text(string name) => values.GetValueOrDefault(name);

    /// <summary>The label's full name, fit to print.</summary>
    public string Label(string name) => Printable.Text(path + name);

    public T Read<T>(string name, T fallback, Parser<T> parse, string allowed)
    {
        if (!values.TryGetValue(name, out var text))
        {
            return fallback;
        }

        if (parse(text, out var value))
        {
            return value;
        }

        Refuse(name, allowed);
        return fallback;
    }

    public bool Bool(string name, bool fallback) => Read<bool>(name, fallback, BoolSyntax.TryParse, BoolSyntax.Allowed);

    /// <summary>One of a few words, in any case.</summary>
    public T Choice<T>(string name, T fallback, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (!values.TryGetValue(name, out var text))
        {
            return fallback;
        }

        var words = new List<string>();
        foreach (var choice in choices)
        {
            if (text.Equals(choice.Word, StringComparison.OrdinalIgnoreCase))
            {
                return choice.Value;
            }

            words.Add(choice.Word);
        }

        Refuse(name, $"allowed are {string.Join(", ", words)}");
        return fallback;
    }

    /// <summary>Notes that the label's value is refused.</summary>
    /// <param name="allowed">What would be taken.</param>
    public void Refuse(string name, string allowed) => _errors.Add($"{Label(name)}=\"{Printable.Text(values[name])}\" is refused: {allowed}");

    /// <summary>Notes a reason that is about no single value.</summary>
    public void Refuse(string reason) => _errors.Add(reason);

    /// <summary>All that was refused, on one line.</summary>
    public string Reason() =>
        string.Join("; ", _errors.Take(MaxShownErrors)) + (_errors.Count > MaxShownErrors ? $"; and {_errors.Count - MaxShownErrors} more" : "");
}
