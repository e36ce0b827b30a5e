using System.Globalization;
using System.Net;
using Dovetail.Common;
using Microsoft.Net.Http.Headers;

namespace Dovetail.Proxy.Http;

/// <summary>
/// What an answer must be to be passed on (RFC 9110, 9112), where Kestrel refuses what a browser takes, or passes what a proxy must not.
/// </summary>
internal static class AnswerRules
{
    /// <summary>Settles how long the content is, before the head is copied.</summary>
    /// <exception cref="MalformedAnswerException">The answer says it in two ways.</exception>
    public static void SettleLength(HttpResponseMessage answer)
    {
        var headers = answer.Content.Headers;
        if (!headers.NonValidated.TryGetValues(HeaderNames.ContentLength, out var values)
            || answer.Headers.NonValidated.Contains(HeaderNames.TransferEncoding))
        {
            return;
        }

        // It may be said several times, as lines or as a list, if it is the same each time (RFC 9110, section 8.6).
        long? length = null;
        foreach (var value in values.SelectMany(static line => line.Split(',')))
        {
            if (!long.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var one) || (length ?? one) != one)
            {
                throw new MalformedAnswerException("Its lengths contradict each other, or are none.");
            }

            length = one;
        }

        // The HTTP client does not understand a list, and reads until the connection ends.
        if (headers.ContentLength is null && length is not null)
        {
            answer.Content = new BoundedContent(answer.Content, length.Value);
        }

        answer.Content.Headers.ContentLength = length;
    }

    /// <summary>Brings the head that has been copied to <paramref name="response"/> into a form that can be sent.</summary>
    /// <returns>Whether the content is to be sent.</returns>
    public static bool Apply(HttpResponse response, HttpResponseMessage answer)
    {
        if (answer.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var nominating))
        {
            RemoveNominated(response.Headers, nominating);
        }

        // Without content, whatever they say (RFC 9110, sections 8.6 and 15.3).
        if (answer.StatusCode is < HttpStatusCode.OK or HttpStatusCode.NoContent)
        {
            response.Headers.Remove(HeaderNames.ContentLength);
        }
        else if (answer.StatusCode == HttpStatusCode.ResetContent)
        {
            response.ContentLength = 0;
            return false;
        }

        return true;
    }

    private static void RemoveNominated(IHeaderDictionary headers, IEnumerable<string> nominating)
    {
        foreach (var name in ConnectionOptions.In(nominating.ToArray()))
        {
            // What frames the message stays although Connection may name it.
            if (!name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
            {
                headers.Remove(name);
            }
        }
    }
}

/// <summary>What the application sent is not an answer of HTTP.</summary>
internal sealed class MalformedAnswerException(string message) : Exception(message);
