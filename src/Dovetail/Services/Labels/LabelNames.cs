namespace Dovetail.Services.Labels;

/// <summary>The labels that Dovetail knows, without their prefix.</summary>
internal static class LabelNames
{
    public const string Enable = "enable";
    public const string Name = "name";
    public const string Port = "port";
    public const string Scheme = "scheme";
    public const string Network = "network";
    public const string Tags = "tags";
    public const string Tls = "tls";
    public const string Redirect = "redirect";
    public const string Allow = "allow";
    public const string Identity = "identity";
    public const string Funnel = "funnel";
    public const string Hold = "hold";
    public const string Health = "health";
    public const string Memory = "memory";
    public const string LoadBalance = "loadbalance";

    /// <summary>Followed by a port on the tailnet.</summary>
    public const string TcpPrefix = "tcp.";

    /// <summary>Followed by an id, a dot and any other label.</summary>
    public const string ServicesPrefix = "services.";

    // A longer label than any known one by more than a slip of the hand has no nearest.
    private const int MaxComparedLength = 24;

    private static readonly string[] Known =
        [Allow, Enable, Funnel, Health, Hold, Identity, LoadBalance, Memory, Name, Network, Port, Redirect, Scheme, Tags, Tls];

    public static bool IsKnown(string name) => Array.IndexOf(Known, name) >= 0 || name.StartsWith(TcpPrefix, StringComparison.Ordinal);

    /// <summary>The known label that the writer most likely meant; null when none is near.</summary>
    public static string? Nearest(string name)
    {
        if (name.Length > MaxComparedLength)
        {
            return null;
        }

        var lower = name.ToLowerInvariant();
        var nearest = Known.Append("tcp.<port>").MinBy(known => Distance(lower, known))!;
        return Distance(lower, nearest) <= Math.Max(1, nearest.Length / 3) ? nearest : null;
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
