using System.Globalization;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>A request as the test container saw it: the answer of its <see cref="TestImage.EchoPath"/>.</summary>
internal sealed class EchoedRequest
{
    private readonly Dictionary<string, string> _values;

    private EchoedRequest(Dictionary<string, string> values) => _values = values;

    /// <summary>Host name of the container that answered: the first 12 digits of its id.</summary>
    public string Container => _values["CONTAINER"];

    /// <summary>Length of the body in bytes.</summary>
    public long BodyLength => long.Parse(_values["BODY_LENGTH"], CultureInfo.InvariantCulture);

    /// <summary>IP address from which the request came to the container.</summary>
    public string RemoteAddress => _values["REMOTE_ADDR"].Trim('[', ']').Replace("::ffff:", "", StringComparison.Ordinal);

    /// <summary>Value of a header; null when the container got none of that name. CGI does not tell <c>_</c> from <c>-</c>.</summary>
    public string? Header(string name) =>
        _values.GetValueOrDefault("HTTP_" + name.ToUpperInvariant().Replace('-', '_'));

    /// <exception cref="FormatException">This is not what the test container answers.</exception>
    public static EchoedRequest Parse(string text)
    {
        var values = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return values.ContainsKey("CONTAINER") ? new EchoedRequest(values) : throw new FormatException($"Not an echoed request: {text}");
    }
}
