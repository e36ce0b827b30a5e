using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Dovetail.Common;

namespace Dovetail.Dashboard;

/// <summary>
/// Builds HTML. What stands in an interpolated string is markup, what is put into its holes is text and is encoded: nothing that
/// comes from outside can become markup, for there is no way to append a text that is not encoded. Attributes are written in double quotes.
/// </summary>
internal sealed class Markup
{
    // Longer than any reason or log line of use; a line of a log may have 8 KB.
    private const int MaxText = 2000;

    private readonly StringBuilder _text = new();

    /// <summary>Appends markup with texts in it.</summary>
    // The compiler passes this object to the handler, which has appended everything when the method is called.
    public Markup Append([InterpolatedStringHandlerArgument("")] Parts html)
    {
        _ = html;
        return this;
    }

    public override string ToString() => _text.ToString();

    /// <summary>Appends the parts of an interpolated string, each in its way.</summary>
    [InterpolatedStringHandler]
#pragma warning disable CS9113 // The compiler gives the two lengths to every handler.
    internal readonly struct Parts(int literalLength, int formattedCount, Markup markup)
#pragma warning restore CS9113
    {
        public void AppendLiteral(string html) => markup._text.Append(html);

        public void AppendFormatted(string? text) => markup._text.Append(WebUtility.HtmlEncode(Printable.Plain(text ?? "", MaxText)));

        public void AppendFormatted(long number) => markup._text.Append(number.ToString("N0", CultureInfo.InvariantCulture));

        /// <summary>What another one has built, encoded already.</summary>
        public void AppendFormatted(Markup built) => markup._text.Append(built._text);
    }
}
