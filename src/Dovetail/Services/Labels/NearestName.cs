namespace Dovetail.Services.Labels;

/// <summary>Finds the name that a misspelt one most likely stands for.</summary>
internal static class NearestName
{
    // Longer than any known name by more than a typing error; it also bounds the work.
    private const int MaxLength = 24;

    /// <summary>Compares without case; null when no known name is near.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > MaxLength)
        {
            return null;
        }

        var lower = name.ToLowerInvariant();
        var (nearest, distance) = known.Select(candidate => (candidate, Distance(lower, candidate))).MinBy(static pair => pair.Item2);
        return distance <= Math.Max(1, nearest.Length / 3) ? nearest : null;
    }

    // Damerau-Levenshtein (optimal string alignment): a swap of neighbours counts one.
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
