using System.Runtime.InteropServices;
using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale</c>: the commands that a supervisor of tailscaled uses; all others are refused.</summary>
internal static class CliProgram
{
    private static readonly HashSet<string> GlobalBooleans = ["version"];
    private static readonly HashSet<string> GlobalOthers = ["socket"];

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        using CancellationTokenSource interrupted = new();
        string command = "";
        try
        {
            GoFlags flags = GoFlags.Parse(arguments, GlobalBooleans, GlobalOthers);
            if (flags.IsSet("version"))
            {
                CliOutput.Out(StandInVersion.Text);
                return 0;
            }

            command = flags.Arguments.Count > 0 ? flags.Arguments[0] : "";
            string[] rest = [.. flags.Arguments.Skip(1)];
            LocalClient client = new(flags.Text("socket", "/var/run/tailscale/tailscaled.sock"), arguments);
            return command switch
            {
                "up" => await UpWithSignalsAsync(client, rest, interrupted),
                "down" => await StateCommands.DownAsync(client, rest, interrupted.Token),
                "logout" => await StateCommands.LogoutAsync(client, rest, interrupted.Token),
                "set" => await SetCommand.RunAsync(client, rest, interrupted.Token),
                "status" => await StatusCommand.RunAsync(client, rest, interrupted.Token),
                "ip" => await StateCommands.IpAsync(client, rest, interrupted.Token),
                "wait" => await StateCommands.WaitAsync(client, rest, interrupted.Token),
                "cert" => await CertCommand.RunAsync(client, rest, interrupted.Token),
                "serve" => await ServeCommand.RunAsync(client, rest, interrupted.Token),
                "whois" => await WhoIsCommand.RunAsync(client, rest, interrupted.Token),
                "version" => await VersionCommand.RunAsync(client, rest, interrupted.Token),
                _ => throw new GoFlagException(command.Length == 0 ? "tailscale: no command" : $"tailscale: unknown subcommand: {command}"),
            };
        }
        catch (GoFlagException refused)
        {
            CliOutput.Error($"{refused.Message}\n{CliUsage.Of(command)}");
            return 2;
        }
        catch (CliException failed)
        {
            CliOutput.Error(failed.Message.EndsWith('\n') ? failed.Message : failed.Message + "\n");
            return failed.ExitCode is 2 ? 2 : 1;
        }
    }

    private static async Task<int> UpWithSignalsAsync(LocalClient client, string[] arguments, CancellationTokenSource interrupted)
    {
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        try
        {
            return await new UpCommand(client, arguments).RunAsync(interrupted.Token);
        }
        catch (OperationCanceledException)
        {
            throw new CliException("context canceled");
        }

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
    }
}
