namespace FakeTailscale.Common;

/// <summary>
/// Flags by the rules of Go's flag package: one or two dashes, <c>=value</c> or the next argument, stop at the first other word.
/// </summary>
internal sealed class GoFlags
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    private GoFlags()
    {
    }

    /// <summary>What follows the flags.</summary>
    public IReadOnlyList<string> Arguments { get; private set; } = [];

    /// <summary>How many different flags were given.</summary>
    public int Count => _values.Count;

    /// <summary>Names in the order given.</summary>
    public IReadOnlyList<string> Names => _order;

    /// <exception cref="GoFlagException">An unknown flag, a missing or a bad value.</exception>
    public static GoFlags Parse(IReadOnlyList<string> arguments, IReadOnlySet<string> booleans, IReadOnlySet<string> others)
    {
        GoFlags flags = new();
        int index = 0;
        while (index < arguments.Count)
        {
            string word = arguments[index];
            if (word.Length < 2 || word[0] != '-')
            {
                break;
            }

            index++;
            if (word == "--")
            {
                break;
            }

            string name = word[(word[1] == '-' ? 2 : 1)..];
            int equals = name.IndexOf('=', StringComparison.Ordinal);
            string? value = equals < 0 ? null : name[(equals + 1)..];
            name = equals < 0 ? name : name[..equals];
            if (booleans.Contains(name))
            {
                value ??= "true";
                if (!IsBoolean(value))
                {
                    throw new GoFlagException($"invalid boolean value \"{value}\" for -{name}: parse error");
                }
            }
            else if (!others.Contains(name))
            {
                throw new GoFlagException($"flag provided but not defined: -{name}");
            }
            else if (value is null)
            {
                value = index < arguments.Count
                    ? arguments[index++]
                    : throw new GoFlagException($"flag needs an argument: -{name}");
            }

            if (flags._values.TryAdd(name, value))
            {
                flags._order.Add(name);
            }

            flags._values[name] = value;
        }

        flags.Arguments = [.. arguments.Skip(index)];
        return flags;
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public string Text(string name, string otherwise = "") => _values.GetValueOrDefault(name, otherwise);

    public bool IsSet(string name, bool otherwise = false) => _values.TryGetValue(name, out string? value) ? IsTrue(value) : otherwise;

    private static bool IsBoolean(string value) => IsTrue(value) || value is "false" or "False" or "FALSE" or "0" or "f" or "F";

    private static bool IsTrue(string value) => value is "true" or "True" or "TRUE" or "1" or "t" or "T";
}

/// <summary>A command line that Go's flag package refuses: exit code 2 and the usage text.</summary>
internal sealed class GoFlagException(string message) : Exception(message)
{
    public GoFlagException()
        : this("")
    {
    }

    public GoFlagException(string message, Exception inner)
        : this(message) => _ = inner;
}
