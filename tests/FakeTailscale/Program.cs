using FakeTailscale.Cli;
using FakeTailscale.Common;
using FakeTailscale.Control;
using FakeTailscale.Daemon;

string name = ProgramName.Name;
string[] rest = args;
if (name is not ("tailscaled" or "tailscale" or "control") && args.Length > 0)
{
    name = args[0];
    rest = args[1..];
}

return name switch
{
    "tailscaled" => await DaemonProgram.RunAsync(rest),
    "tailscale" => await CliProgram.RunAsync(rest),
    "control" => await ControlProgram.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "Start this as tailscaled or tailscale (a link of that name, or that word as the first argument), or as: control "
            + "--address IP --port PORT --domain SUFFIX --authority FILE");
    return 2;
}
