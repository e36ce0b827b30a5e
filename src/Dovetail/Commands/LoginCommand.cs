using Dovetail.Admin;

namespace Dovetail.Commands;

/// <summary><c>dovetail login</c>.</summary>
/// <param name="socket">The daemon's admin socket.</param>
internal sealed class LoginCommand(string socket, TimeProvider time, TextWriter output, TextWriter error)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Prints what somebody has to do, once each, until the machine is logged in.</summary>
    public async Task<int> RunAsync(string name, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        string? said = null;
        while (true)
        {
            if (await client.GetStatusAsync(cancellationToken) is not { } status)
            {
                await error.WriteLineAsync(StatusCommand.NoDaemon(socket));
                return ExitCode.NoAnswer;
            }

            if (status.Services.FirstOrDefault(service => service.Name == name) is not { } service)
            {
                await error.WriteLineAsync(StatusCommand.NoService(name, status));
                return ExitCode.Failed;
            }

            if (service.State is "Running" or "CertPending" or "Ready" or "Asleep")
            {
                await output.WriteLineAsync($"{name} is logged in{(service.DnsName is { } full ? $" as {full}" : "")}.");
                return ExitCode.Done;
            }

            if (TextOf(service) is { } text && text != said)
            {
                said = text;
                await output.WriteLineAsync(text);
                await output.FlushAsync(cancellationToken);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private static string? TextOf(ServiceStatus service) => service switch
    {
        { State: "NeedsLogin", LoginUrl: { } url } => $"Open {url} to log {service.Name} in; waiting for it …",
        { State: "NeedsLogin" or "NeedsApproval" or "Backoff", Conditions: [var first, ..] } =>
            $"{service.Name}: {first.Text}. {first.Fix}",
        _ => null,
    };
}
