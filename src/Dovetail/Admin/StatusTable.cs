using System.Globalization;
using System.Text;

namespace Dovetail.Admin;

/// <summary>Prints a status document for a person.</summary>
internal static class StatusTable
{
    private const string Gap = "   ";

    // Colour codes of the terminal (ECMA-48, "select graphic rendition").
    private const string Good = "32";
    private const string Waiting = "33";
    private const string Bad = "31";

    /// <param name="now">From which ages are counted.</param>
    /// <param name="colour">Whether the terminal shows colours.</param>
    public static string Render(StatusDocument status, DateTimeOffset now, bool colour)
    {
        var text = new StringBuilder();
        if (!status.Docker.Connected)
        {
            text.AppendLine(Paint($"Docker is away: {status.Docker.Error ?? "connecting"}", Bad, colour)).AppendLine();
        }

        if (status.Services.Count == 0)
        {
            text.AppendLine("No service yet. Put dovetail.name=NAME and dovetail.port=PORT on a container.");
        }
        else
        {
            AppendTable(text, status.Services, now, colour);
        }

        AppendRemarks(text, status, colour);
        return text.ToString();
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<ServiceStatus> services, DateTimeOffset now, bool colour)
    {
        string[] heads = ["NAME", "URL", "STATE", "UPSTREAM", "CERT", "SINCE"];
        var rows = services.Select(service => Cells(service, now)).ToList();
        var widths = heads.Select((head, column) => Math.Max(head.Length, rows.Max(row => row[column].Length))).ToArray();
        text.AppendLine(Line(heads, widths, state: null));
        foreach (var (service, row) in services.Zip(rows))
        {
            text.AppendLine(Line(row, widths, colour ? ColourOf(service) : null));
            foreach (var condition in service.Conditions)
            {
                var code = condition.Severity == "Problem" ? Bad : Waiting;
                text.AppendLine(CultureInfo.InvariantCulture, $"  └ {Paint(condition.Text, code, colour)}");
                text.AppendLine(CultureInfo.InvariantCulture, $"    {condition.Fix}");
            }

            foreach (var line in service.Tailscaled.LastWords)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    | {line}");
            }
        }
    }

    private static void AppendRemarks(StringBuilder text, StatusDocument status, bool colour)
    {
        if (status.Rejected.Count > 0)
        {
            text.AppendLine().AppendLine("REFUSED");
            foreach (var refusal in status.Rejected)
            {
                var service = refusal.Service is null ? "" : $" (service {refusal.Service})";
                text.AppendLine(CultureInfo.InvariantCulture, $"  {refusal.Container}{service}: {Paint(refusal.Reason, Bad, colour)}");
            }
        }

        if (status.Warnings.Count > 0)
        {
            text.AppendLine().AppendLine("WARNINGS");
            foreach (var warning in status.Warnings)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  {warning.Container}: {warning.Text}");
            }
        }
    }

    private static string[] Cells(ServiceStatus service, DateTimeOffset now) =>
    [
        service.Name,
        service.Url ?? "-",
        service.State,
        UpstreamOf(service.Upstreams),
        service.Certificate is { } certificate ? Days(certificate.NotAfter - now) : "-",
        Age(now - service.Since),
    ];

    private static string UpstreamOf(IReadOnlyList<UpstreamStatus> upstreams) => upstreams switch
    {
        [] => "-",
        [var only] => $"{only.Container} {only.Address}",
        [var first, ..] => $"{first.Container} and {upstreams.Count - 1} more",
    };

    private static string Line(string[] cells, int[] widths, string? state)
    {
        const int stateColumn = 2;
        var padded = cells.Select((cell, column) => column == cells.Length - 1 ? cell : cell.PadRight(widths[column])).ToArray();
        padded[stateColumn] = Paint(padded[stateColumn], state ?? "", state is not null);
        return string.Join(Gap, padded);
    }

    private static string ColourOf(ServiceStatus service) => service.State switch
    {
        "Ready" => service.Conditions.Any(static condition => condition.Severity == "Problem") ? Waiting : Good,
        "Backoff" or "NeedsLogin" => Bad,
        _ => Waiting,
    };

    private static string Paint(string text, string code, bool colour) => colour ? $"\e[{code}m{text}\e[0m" : text;

    private static string Days(TimeSpan left) => left <= TimeSpan.Zero
        ? "expired"
        : left < TimeSpan.FromDays(2) ? $"{left.TotalHours:0} h left" : $"{left.TotalDays:0} d left";

    private static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 60 } => $"{Math.Max(0, age.TotalSeconds):0} s",
        { TotalMinutes: < 60 } => $"{age.TotalMinutes:0} min",
        { TotalHours: < 48 } => $"{age.TotalHours:0} h",
        _ => $"{age.TotalDays:0} d",
    };
}
