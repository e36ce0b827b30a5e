using System.CommandLine;
using Dovetail.Commands;
using Dovetail.Processes;

if (args is [SessionLauncher.Command, .. var child])
{
    return SessionLauncher.Execute(child);
}

// The host ends the daemon on SIGTERM and takes its time for it; the command line must not cut it short.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
return await DovetailCommand.Create().Parse(args).InvokeAsync(configuration);
