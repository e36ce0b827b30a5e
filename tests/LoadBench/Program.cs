using System.Globalization;
using System.Runtime.InteropServices;
using LoadBench.Helpers;
using LoadBench.Measuring;
using LoadBench.Scenarios;
using LoadBench.Stages;

namespace LoadBench;

/// <summary>The benchmark, and the programs that it starts beside itself.</summary>
internal static class Program
{
    private const string Check = "--check";

    private static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case [SinkProgram.Name]:
                return await SinkProgram.RunAsync();
            case [FarLinkProgram.Name, .. var rest]:
                return await FarLinkProgram.RunAsync(rest);
            case [SocketsProgram.Name, .. var rest]:
                return await SocketsProgram.RunAsync(rest);
            case [ConnectionsProgram.Name, .. var rest]:
                return await ConnectionsProgram.RunAsync(rest);
            case ["--list"]:
                foreach (var scenario in AllScenarios.List)
                {
                    Console.WriteLine($"{scenario.Name,-16} {scenario.What}");
                }

                return 0;
        }

        try
        {
            // Said before anything is compiled or started.
            var onlyCheck = arguments is [Check, ..];
            var options = BenchOptions.Parse(onlyCheck ? arguments[1..] : arguments);
            var scenarios = AllScenarios.Named(options.Scenarios);
            return onlyCheck ? 0 : await MeasureAsync(options, scenarios);
        }
        catch (FormatException mistake)
        {
            await Console.Error.WriteLineAsync($"tests/bench: {mistake.Message}{Environment.NewLine}{BenchOptions.Usage}");
            return 2;
        }
    }

    private static async Task<int> MeasureAsync(BenchOptions options, IReadOnlyList<Scenario> scenarios)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = StopOn(PosixSignal.SIGINT, stop);
        using var terminate = StopOn(PosixSignal.SIGTERM, stop);
        var failed = 0;
        await using var engine = new Engine();
        await using var stage = new Stage(engine, options, stop.Token);
        await stage.InitializeAsync();
        PrintHeading(options);
        foreach (var scenario in scenarios)
        {
            try
            {
                Table.Print(await scenario.RunAsync(stage).WaitAsync(stop.Token), Side.Dovetail, Console.Out);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                Progress.Say("stopped");
                return 130;
            }
            catch (Exception failure) when (failure is InvalidOperationException or TimeoutException)
            {
                // The others are still worth their time.
                Console.WriteLine($"{Environment.NewLine}{scenario.What}: not measured");
                await Console.Error.WriteLineAsync($"{scenario.Name}: {failure}");
                failed++;
            }
        }

        return failed == 0 ? 0 : 1;
    }

    private static void PrintHeading(BenchOptions options)
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{TimeProvider.System.GetLocalNow():yyyy-MM-dd}, {Environment.ProcessorCount} × {model}, {RuntimeInformation.OSDescription}; "
                + $"tailscaled: {(TestSettings.IsReal ? Releases.OfBinaries : "stand-in")}; medians of {options.Rounds} rounds"
                + $"{(options.Quick ? "; --quick: A TRIAL, NO FIGURES" : "")}"));
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
}
