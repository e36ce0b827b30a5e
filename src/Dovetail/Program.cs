using System.CommandLine;
using Dovetail.Commands;

// The host ends the daemon on SIGTERM and takes its time for it; the command line must not cut it short.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null };
return await DovetailCommand.Create().Parse(args).InvokeAsync(configuration);
