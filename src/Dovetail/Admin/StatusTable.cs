using System.Text;
using Dovetail.Common;
using Dovetail.Notifications;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;

namespace Dovetail.Admin;

/// <summary>Prints a status document for a person: a row for each service, and under it what is wrong.</summary>
internal static class StatusTable
{
    private delegate string Column(ServiceStatus service, DateTimeOffset now);

    private const int StateColumn = 2;

    private static readonly (string Head, Column Text)[] Full =
    [
        ("NAME", static (service, _) => service.Name),
        ("URL", static (service, _) => service.Url ?? "-"),
        ("STATE", static (service, _) => service.State),
        ("UPSTREAM", static (service, _) => UpstreamOf(service, withAddress: true)),
        ("CERT", static (service, now) => service.Certificate is { } certificate ? Ages.Left(certificate.NotAfter - now) : "-"),
        ("SINCE", static (service, now) => Ages.Short(now - service.Since)),
    ];

    // The first that fits the screen; the last one anyway.
    private static readonly (string Head, Column Text)[][] Layouts =
    [
        Full,
        [.. Full[..3], ("UPSTREAM", static (service, _) => UpstreamOf(service, withAddress: false)), .. Full[4..]],
        [.. Full[..3], .. Full[4..]],
        [.. Full[..3], Full[5]],
    ];

    /// <param name="now">From which ages are counted.</param>
    public static string Render(StatusDocument status, DateTimeOffset now, Screen screen)
    {
        var text = new StringBuilder();
        AppendDocker(text, status, screen);
        if (status.Services.Count == 0)
        {
            screen.Append(text, "", "No service yet. Put dovetail.name=NAME and dovetail.port=PORT on a container.");
        }
        else
        {
            AppendTable(text, status.Services, now, screen);
        }

        AppendRemarks(text, status.Rejected, status.Warnings, screen);
        if (status.Unwanted is { Count: > 0 } unwanted)
        {
            text.AppendLine().AppendLine("UNWANTED");
            AppendUnwanted(text, unwanted, now, screen);
        }

        AppendReceivers(text, status.Notifications ?? [], screen);
        return text.ToString();
    }

    /// <summary>Says which Engine is away, if one is: what follows may be old then.</summary>
    public static void AppendDocker(StringBuilder text, StatusDocument status, Screen screen)
    {
        if (status.Docker is { Connected: false, IsNone: false })
        {
            screen.Append(text, "", $"Docker is away: {status.Docker.Error ?? "connecting"}", Screen.Bad);
            text.AppendLine();
        }

        foreach (var engine in status.Engines?.Where(static engine => !engine.Connected) ?? [])
        {
            screen.Append(text, "", $"Docker Engine {engine.Name} is away: {engine.LastError ?? "connecting"}", Screen.Bad);
            text.AppendLine();
        }
    }

    /// <summary>What is wrong with a service, and what to do about it.</summary>
    public static void AppendConditions(StringBuilder text, ServiceStatus service, Screen screen)
    {
        foreach (var condition in service.Conditions)
        {
            screen.Append(text, "  └ ", condition.Text, condition.Severity == "Problem" ? Screen.Bad : Screen.Waiting);
            screen.Append(text, "    ", condition.Fix);
        }

        foreach (var line in service.Tailscaled.LastWords)
        {
            screen.Append(text, "    | ", line);
        }
    }

    /// <summary>What was refused, and what may be a mistake.</summary>
    public static void AppendRemarks(
        StringBuilder text,
        IReadOnlyList<RejectedContainer> rejected,
        IReadOnlyList<ContainerWarning> warnings,
        Screen screen)
    {
        if (rejected.Count > 0)
        {
            text.AppendLine().AppendLine("REFUSED");
            foreach (var refusal in rejected)
            {
                var service = refusal.Service is null ? "" : $" (service {refusal.Service})";
                screen.Append(text, $"  {refusal.Container}{service}: ", refusal.Reason, Screen.Bad);
            }
        }

        if (warnings.Count > 0)
        {
            text.AppendLine().AppendLine("WARNINGS");
            foreach (var warning in warnings)
            {
                screen.Append(text, $"  {warning.Container}: ", warning.Text);
            }
        }
    }

    /// <summary>What is about to be forgotten, and when.</summary>
    public static void AppendUnwanted(StringBuilder text, IReadOnlyList<UnwantedMachine> machines, DateTimeOffset now, Screen screen)
    {
        foreach (var machine in machines)
        {
            var when = machine.Problem is { } problem
                ? $"is not forgotten yet, and tried again {Ages.In(machine.ForgottenAt - now)}: {problem}"
                : $"no container wants it; logged out and forgotten {Ages.In(machine.ForgottenAt - now)} (DOVETAIL_FORGET_AFTER)";
            screen.Append(text, $"  {machine.Name}: ", when, machine.Problem is null ? null : Screen.Waiting);
        }
    }

    public static string ColourOf(ServiceStatus service) => service.State switch
    {
        "Ready" or "Asleep" => service.Conditions.Any(static condition => condition.Severity == "Problem") ? Screen.Waiting : Screen.Good,
        "Backoff" or "NeedsLogin" => Screen.Bad,
        _ => Screen.Waiting,
    };

    // Those that are well are no news.
    private static void AppendReceivers(StringBuilder text, IReadOnlyList<ReceiverReport> receivers, Screen screen)
    {
        var failing = receivers.Where(static receiver => receiver.Error is not null).ToList();
        if (failing.Count > 0)
        {
            text.AppendLine().AppendLine("NOTIFICATIONS");
        }

        foreach (var receiver in failing)
        {
            screen.Append(text, $"  {receiver.Receiver}: ", $"not delivered: {receiver.Error}", Screen.Bad);
        }
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<ServiceStatus> services, DateTimeOffset now, Screen screen)
    {
        var layouts = Layouts.Select(columns => Rows(columns, services, now)).ToList();
        var rows = layouts.Find(screen.Fits) ?? layouts[^1];
        screen.AppendTable(
            text,
            rows,
            (row, column) => row > 0 && column == StateColumn ? ColourOf(services[row - 1]) : null,
            row =>
            {
                if (row > 0)
                {
                    AppendConditions(text, services[row - 1], screen);
                }
            });
    }

    private static string[][] Rows((string Head, Column Text)[] columns, IReadOnlyList<ServiceStatus> services, DateTimeOffset now) =>
    [
        [.. columns.Select(static column => column.Head)],
        .. services.Select(service => columns.Select(column => column.Text(service, now)).ToArray()),
    ];

    private static string UpstreamOf(ServiceStatus service, bool withAddress) => service switch
    {
        { Upstreams: [{ Container: { } container } only] } => withAddress ? $"{container} {only.Address}" : container,
        { Upstreams: [var only] } => only.Address,
        { Upstreams: [var first, ..] several } => $"{first.Container ?? first.Address} and {several.Count - 1} more",
        { Asleep: [var only] } => only,
        { Asleep: [var first, ..] several } => $"{first} and {several.Count - 1} more",
        _ => "-",
    };
}
