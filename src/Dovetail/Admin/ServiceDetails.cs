using System.Globalization;
using System.Text;
using Dovetail.Common;

namespace Dovetail.Admin;

/// <summary>Prints all that a status document says of one service.</summary>
internal static class ServiceDetails
{
    private const string Lead = "  ";
    private const int HeadWidth = 12;

    /// <param name="now">From which ages are counted.</param>
    /// <returns>Null when the document says nothing about a service of that name.</returns>
    public static string? Render(StatusDocument status, string name, DateTimeOffset now, Screen screen)
    {
        var service = status.Services.FirstOrDefault(service => service.Name == name);
        var rejected = status.Rejected.Where(refusal => refusal.Service == name).ToList();
        var unwanted = status.Unwanted?.Where(machine => machine.Name == name).ToList() ?? [];
        if (service is null && rejected.Count == 0 && unwanted.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        StatusTable.AppendDocker(text, status, screen);
        if (service is not null)
        {
            Append(text, service, now, screen);
        }
        else if (rejected.Count > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{Printable.Line(name)}   {screen.Paint("refused", Screen.Bad)}");
        }

        StatusTable.AppendUnwanted(text, unwanted, now, screen);

        var warnings = status.Warnings.Where(warning => warning.Service == name).ToList();
        StatusTable.AppendRemarks(text, rejected, warnings, screen);
        return text.ToString();
    }

    private static void Append(StringBuilder text, ServiceStatus service, DateTimeOffset now, Screen screen)
    {
        var state = screen.Paint(service.State, StatusTable.ColourOf(service));
        text.AppendLine(CultureInfo.InvariantCulture, $"{service.Name}   {state} for {Ages.Short(now - service.Since)}");
        StatusTable.AppendConditions(text, service, screen);
        Line("url", service.Url);
        Line("declared in", service.Origin);
        Line("addresses", service.Addresses.Count == 0 ? null : string.Join(", ", service.Addresses));
        Line("certificate", service.Certificate is { } certificate
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{certificate.Name} until {certificate.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm} UTC ({Ages.Left(certificate.NotAfter - now)})")
            : null);
        foreach (var upstream in service.Upstreams)
        {
            var health = upstream.Health == "None" ? "" : $", {upstream.Health.ToLowerInvariant()}";
            var where = upstream.Container is { } container ? $"{container} at {upstream.Address}" : upstream.Address;
            Line("upstream", $"{where}{health} ({upstream.Route})");
        }

        Line("asleep", service.Asleep is { } asleep ? $"{string.Join(", ", asleep)} (started by the next request)" : null);
        var sources = service.Upstreams.Select(static upstream => upstream.Source).OfType<string>().Distinct().ToList();
        Line("seen from", sources.Count == 0 ? null : $"{string.Join(", ", sources)} (the proxy that the application may have to trust)");
        Line("tailscaled", service.Tailscaled.Pid is { } pid
            ? string.Create(CultureInfo.InvariantCulture, $"process {pid}, restarts: {service.Tailscaled.Restarts}")
            : "not running");
        Line("listener", service.Listener is { } listener ? $"{listener.Https} (HTTPS), {listener.Http} (HTTP)" : null);

        void Line(string head, string? value)
        {
            if (value is not null)
            {
                screen.Append(text, Lead + head.PadRight(HeadWidth) + " ", value);
            }
        }
    }
}
