using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dovetail.Tailscale;

namespace Dovetail.Tests.Nodes.Fakes;

/// <summary>Stands in for the <c>tailscale</c> command: remembers what it was asked and answers what the test tells it to.</summary>
internal sealed class FakeCommand(Journal journal) : ITailscaleCommand
{
    public static readonly CommandResult Done = new(0, "");

    private readonly ConcurrentQueue<ImmutableArray<string>> _calls = [];

    /// <summary>Gets the arguments.</summary>
    public Func<ImmutableArray<string>, CancellationToken, Task<CommandResult>> Answer { get; set; } =
        static (_, _) => Task.FromResult(Done);

    /// <summary>What <c>tailscale cert</c> prints; null: it fails.</summary>
    public string? Certificate { get; set; }

    public IReadOnlyList<ImmutableArray<string>> Calls => [.. _calls];

    public ImmutableArray<string> Last => _calls.Last();

    /// <summary>Deadline of the last call.</summary>
    public TimeSpan Deadline { get; private set; }

    public static CommandResult Failed(string error) => new(1, error);

    /// <summary>The file that <c>--auth-key</c> names; null: none.</summary>
    public static string? KeyFileOf(ImmutableArray<string> arguments)
    {
        const string option = "--auth-key=file:";
        return arguments.FirstOrDefault(argument => argument.StartsWith(option, StringComparison.Ordinal))?[option.Length..];
    }

    public async Task<CommandResult> RunAsync(
        ImmutableArray<string> arguments, TimeSpan deadline, Action<string>? onOutput, CancellationToken cancellationToken)
    {
        Deadline = deadline;
        _calls.Enqueue(arguments);
        journal.Add($"tailscale {arguments[1]}{(KeyFileOf(arguments) is null ? "" : " with key")}");
        if (arguments[1] == "cert")
        {
            return PrintCertificate(onOutput!);
        }

        var result = await Answer(arguments, cancellationToken);
        journal.Add($"tailscale {arguments[1]}: exit {result.ExitCode}");
        return result;
    }

    private CommandResult PrintCertificate(Action<string> onOutput)
    {
        foreach (var line in Certificate?.Split('\n') ?? [])
        {
            onOutput(line);
        }

        return Certificate is null ? Failed("500 Internal Server Error: no certificate") : Done;
    }
}
