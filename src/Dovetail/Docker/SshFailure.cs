using Dovetail.Common;

namespace Dovetail.Docker;

/// <summary>What ssh says when it does not get through, with what to do about it.</summary>
internal static class SshFailure
{
    private const int MaxShown = 400;

    // What OpenSSH and the shell on the other machine write; the first that applies.
    private static readonly (string Sign, string Fix)[] Fixes =
    [
        ("Host key verification failed", "The host's key is not known here, or is another one than before: check it, and add it to the "
            + "known_hosts file of the user that Dovetail runs as (ssh-keyscan HOST >> ~/.ssh/known_hosts)."),
        ("Permission denied (", "No key of the user that Dovetail runs as is taken there: give it one without a passphrase in ~/.ssh, in a "
            + "container by a mount on /root/.ssh, and add its public half to authorized_keys there."),
        ("Could not resolve hostname", "Its name is not known here: name the host as this machine, or Dovetail's container, knows it."),
        ("docker: command not found", NoDocker),
        ("docker: not found", NoDocker),
        ("permission denied while trying to connect", "The user there may not use Docker: make it a member of the group docker."),
        ("Cannot connect to the Docker daemon", "Docker is not running there, or its user's environment names another socket: "
            + "run docker ps there as that user."),
        ("Connection refused", "Nothing listens on SSH's port there: start its SSH server, or correct the port."),
        ("Connection timed out", NoWay),
        ("Operation timed out", NoWay),
        ("No route to host", NoWay),
        ("bad permissions", "ssh takes no key that others can read: chmod 600."),
        ("Bad owner or permissions", "ssh takes no configuration that belongs to another user or that others can write."),
        ("No user exists for uid", "ssh has to find the user that Dovetail runs as in /etc/passwd: run Dovetail as root, or mount a "
            + "passwd file that names it."),
    ];

    private const string NoDocker = "There is no docker command there, by which ssh reaches the Engine: install docker-cli.";
    private const string NoWay = "It does not answer: see that the machine is on, and that no firewall is between.";

    /// <param name="said">The last lines that it wrote.</param>
    public static string Explain(DockerEndpoint endpoint, IReadOnlyList<string> said)
    {
        // A login message comes before what matters.
        var lines = said.Select(static line => line.Trim()).Where(static line => line.Length > 0);
        var text = string.Join(" ", lines.TakeLast(3));
        var fix = Fixes.FirstOrDefault(known => said.Any(line => line.Contains(known.Sign, StringComparison.Ordinal))).Fix
            ?? $"Run ssh to that host as the user that Dovetail runs as, and check {endpoint.Variable}.";
        var reason = text.Length == 0 ? "ssh ended without a word" : $"ssh said: {Printable.Plain(text, MaxShown)}";
        return $"The Docker Engine at {endpoint} cannot be reached: {reason}. {fix}";
    }
}
