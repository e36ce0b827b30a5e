using System.Diagnostics.CodeAnalysis;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Services.Labels;

/// <summary>
/// The labels of one service of a container, read value by value. A bad value is noted and reading goes on, so that a person sees all that
/// is wrong at once.
/// </summary>
/// <param name="id">Of <c>dovetail.services.ID</c>; empty for the container's first service.</param>
/// <param name="prefix">What the labels begin with, with its dot: <c>dovetail.</c></param>
/// <param name="values">By name without prefix and id.</param>
/// <param name="place">Where they stand when they are no labels of the container.</param>
internal sealed class LabelReader(
    Container container, string id, string prefix, IReadOnlyDictionary<string, string> values, LabelPlace? place = null)
{
    private const int MaxShownErrors = 5;

    private readonly string _path = place is not null ? "" : id.Length == 0 ? prefix : $"{prefix}{ServiceLabels.ServicesPrefix}{id}.";
    private readonly List<string> _errors = [];
    private readonly List<string> _notes = [];

    public Container Container => container;

    /// <inheritdoc cref="LabelReader" path="/param[@name='id']"/>
    public string Id => id;

    /// <summary>By which name what is wrong with them is listed; fit to print.</summary>
    public string Source => place?.Source ?? container.Title;

    public IReadOnlyList<string> Errors => _errors;

    /// <summary>How values were taken that are not written as documented. Fit to print.</summary>
    public IReadOnlyList<string> Notes => _notes;

    public IEnumerable<string> Names => values.Keys;

    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>The label's full name, fit to print.</summary>
    public string Label(string name) => Printable.Text(_path + name);

    /// <summary>Reads a label, without the white space around it; false when it is absent, or refused, which is noted.</summary>
    /// <param name="plain">Finds the form that is meant of a value that is not written as documented; null: there is none.</param>
    public bool TryRead<T>(
        string name, LabelSyntax<T> syntax, [MaybeNullWhen(false)] out T value, Func<string, PlainForm?>? plain = null)
    {
        if (!values.TryGetValue(name, out var written))
        {
            value = default;
            return false;
        }

        var text = written.Trim();
        var meant = plain?.Invoke(text);
        if (syntax(meant?.Text ?? text, out value) is not { } refusal)
        {
            if (meant is not null)
            {
                _notes.Add($"{At(name)}{Label(name)}=\"{Printable.Text(text)}\" is read as {meant.Text}: {meant.Why}");
            }

            return true;
        }

        var isQuoted = text is [('"' or '\'') and var first, .., var last] && first == last && syntax(text[1..^1], out _) is null;
        Refuse(name, refusal + (isQuoted ? "; the quotes are part of the value, remove them" : ""));
        return false;
    }

    /// <summary>Notes that the label's value is refused.</summary>
    /// <param name="reason">What is wrong with it, or what would be taken.</param>
    public void Refuse(string name, string reason) =>
        _errors.Add($"{At(name)}{Label(name)}=\"{Printable.Text(values[name])}\" is refused: {reason}");

    /// <summary>Notes that the label is refused, whatever its value.</summary>
    public void RefuseLabel(string name, string reason) => _errors.Add($"{At(name)}{Label(name)} is refused: {reason}");

    /// <summary>Notes a reason that is about no single value.</summary>
    public void Refuse(string reason) => _errors.Add(reason);

    private string At(string name) => place?.At(name) is { } at ? at + ": " : "";

    /// <summary>All that was refused, on one line.</summary>
    public string Reason() =>
        string.Join("; ", _errors.Take(MaxShownErrors))
        + (_errors.Count > MaxShownErrors ? $"; and {_errors.Count - MaxShownErrors} more" : "");
}

/// <summary>Where words stand that say of a container what its labels would.</summary>
/// <param name="Source">By which name what is wrong with them is listed; fit to print.</param>
/// <param name="At">The place of a word in there, fit to print; null: it is not there.</param>
internal sealed record LabelPlace(string Source, Func<string, string?> At);
