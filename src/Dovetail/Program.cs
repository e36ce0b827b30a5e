using System.CommandLine;
using Dovetail.Commands;
using Dovetail.Processes;

if (args is [SessionLauncher.Command, .. var child])
{
    return SessionLauncher.Execute(child);
}

// Sockets read it once, before the first is opened, and there is no other way to say it. Measured on the data path: without a change of
// threads for each completion, a third to a half of the processor time per request.
const string inlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
Environment.SetEnvironmentVariable(inlineCompletions, Environment.GetEnvironmentVariable(inlineCompletions) ?? "1");

// The host ends the daemon on SIGTERM and takes its time for it; the command line must not cut it short.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
return await DovetailCommand.InvokeAsync(args, Terminal.OfThisProcess(), configuration, CancellationToken.None);
