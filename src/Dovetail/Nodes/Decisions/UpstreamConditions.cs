using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;

namespace Dovetail.Nodes.Decisions;

/// <summary>The conditions about a service's containers: what is the case, and the command that mends it.</summary>
internal static class UpstreamConditions
{
    public static IEnumerable<Condition> Of(NodeFacts facts)
    {
        var service = facts.Service;
        foreach (var container in service.Unreachable)
        {
            yield return Unreachable(container);
        }

        foreach (var failing in facts.Listener.Failing)
        {
            yield return failing.Address.IsContainer
                ? Failing(failing, service.Upstreams.FirstOrDefault(known => known.ContainerId == failing.Address.ContainerId))
                : FailingAddress(failing, service.Origin);
        }

        foreach (var (_, name, failure) in service.Sleeping.Where(static container => container.Failure is not null))
        {
            yield return new Condition(
                "start-failed",
                Severity.Problem,
                $"container {name} could not be started: {failure}",
                $"See why: docker start {PlainOf(name)}, docker logs {PlainOf(name)}. "
                    + "The next request tries again, after a minute at most.");
        }

        if (service.SleepFailure is { } reason)
        {
            yield return new Condition(
                "stop-failed",
                Severity.Notice,
                $"no request came for a while, but a container could not be stopped; {reason}",
                "It goes on; it is tried again every minute.");
        }

        if (service.IsOwn || service.Sleeping.Count > 0 || service.Upstreams.Count > 0 || service.Unreachable.Count > 0)
        {
            yield break;
        }

        foreach (var container in service.NotRunning)
        {
            yield return NotRunning(container);
        }

        if (service.NotRunning.Count == 0)
        {
            yield return service.Origin is { } origin
                ? NoUpstream(
                    $"nothing that {origin} named serves it now",
                    "Start the container, or write the service into the file again; Dovetail notices by itself.")
                : NoUpstream("no container serves it now", "Start the container; Dovetail notices by itself.");
        }
    }

    private static Condition Unreachable(UnreachableContainer container) => new(
        "upstream-unreachable",
        Severity.Problem,
        $"container {container.ContainerName} cannot be reached: {container.Reason}",
        container.Fix ?? "Put Dovetail and the container on one Docker network.");

    /// <param name="upstream">Null: it was taken out just now.</param>
    private static Condition Failing(FailingUpstream failing, Upstream? upstream)
    {
        var (address, isByHost) = (failing.Address, upstream?.IsByHost == true);
        var (reason, fix) = failing.Failure switch
        {
            ConnectFailure.Refused when upstream?.MeantPort is { } meant =>
                ("nothing listens there", $"Port {address.Port} is the host's, the container's is {meant}: set dovetail.port={meant}."),
            ConnectFailure.Refused => (
                "nothing listens there",
                "See that the application runs and listens on that port on all addresses (0.0.0.0); else correct dovetail.port."),
            ConnectFailure.TimedOut when isByHost => ("it does not answer", Firewall(address.Port)),
            ConnectFailure.TimedOut => (
                "it does not answer",
                "A firewall drops the connections, or Docker does, which keeps its networks apart: put Dovetail and the container on one "
                    + "Docker network."),
            _ when isByHost => ("there is no way to it", Firewall(address.Port)),
            _ => ("there is no way to it", $"Put Dovetail and the container on one Docker network: docker inspect {address.PlainName} "
                + "shows on which it is now."),
        };
        return new(
            "upstream-unreachable",
            Severity.Problem,
            $"container {address.ContainerName} cannot be reached at {address.HostAndPort}: {reason}",
            fix);
    }

    // What a services file names by its address.
    private static Condition FailingAddress(FailingUpstream failing, string? origin)
    {
        var address = failing.Address;
        var written = origin is null ? "the services file" : origin;
        var isName = Uri.CheckHostName(address.Host) == UriHostNameType.Dns;
        var isOwn = address.Host is "localhost" or "::1" || address.Host.StartsWith("127.", StringComparison.Ordinal);
        var (reason, fix) = failing.Failure switch
        {
            ConnectFailure.Refused when isOwn => (
                "nothing listens there",
                $"Start the application. Where Dovetail runs in a container, {address.Host} is that container: name the host's address in "
                    + $"{written}."),
            ConnectFailure.Refused => (
                "nothing listens there", $"See that the application runs and listens on that port and address; else correct {written}."),
            ConnectFailure.TimedOut => ("it does not answer", "See that the machine is on, and that no firewall keeps Dovetail out."),
            _ when isName => (
                "its name is not found, or there is no way to it",
                $"See that Dovetail's resolver knows {address.Host}, and that there is a way to it; else name its address in {written}."),
            _ => ("there is no way to it", $"See that Dovetail's machine has a way to that address; else correct {written}."),
        };
        return new("upstream-unreachable", Severity.Problem, $"{address.HostAndPort} cannot be reached: {reason}", fix);
    }

    // Containers of a bridge network come to the host as from outside.
    private static string Firewall(int port) =>
        $"The host's firewall keeps Dovetail out: let its Docker network in, with ufw by ufw allow from SUBNET to any port {port}, with "
        + "firewalld by firewall-cmd --zone=trusted --add-source=SUBNET; or put both on one Docker network, which needs no port.";

    private static Condition NotRunning(ContainerNotRunning container)
    {
        var (name, plain) = (container.ContainerName, PlainOf(container.ContainerName));
        return container switch
        {
            { State: NotRunningState.Paused } => NoUpstream($"container {name} is paused", $"Let it go on: docker unpause {plain}."),
            { State: NotRunningState.Dead } => NoUpstream(
                $"container {name} is dead: Docker began to remove it and could not", $"Remove it (docker rm -f {plain}) and create it anew."),
            { State: NotRunningState.Restarting, IsOutOfMemory: true } => NoUpstream(
                $"container {name} runs out of memory again and again", $"Give it more memory (mem_limit, or docker update --memory)."),
            { State: NotRunningState.Restarting } => NoUpstream(
                $"container {name} ends again and again (exit code {container.ExitCode})", $"See why: docker logs {plain}."),
            { IsOutOfMemory: true } => NoUpstream(
                $"container {name} ran out of memory and was ended", $"Give it more memory, and start it: docker start {plain}."),
            { ExitCode: 0 } => NoUpstream($"container {name} has ended", $"Start it: docker start {plain}."),
            _ => NoUpstream(
                $"container {name} has ended (exit code {container.ExitCode})",
                $"See why (docker logs {plain}), and start it: docker start {plain}."),
        };
    }

    // A command is for the one Engine that the container is of.
    private static string PlainOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static Condition NoUpstream(string text, string fix) => new("no-upstream", Severity.Problem, text, fix);
}
