namespace LoadBench.Scenarios;

/// <summary>Every scenario, in the order in which they run.</summary>
internal static class AllScenarios
{
    private static readonly Distance[] Distances = [Distance.Near, Distance.Far, Distance.Lossy];

    public static IReadOnlyList<Scenario> List { get; } =
    [
        new SmallGet(1),
        new SmallGet(32),
        new SmallGet(256),
        new Latency(),
        new Streams(),
        new NewConnections(resume: false),
        new NewConnections(resume: true),
        new WebSockets(),
        new AtRest(),
        new DaemonStart(),
        new FirstAnswer(1),
        new FirstAnswer(50),
        new Moved(),
        .. Distances.SelectMany(distance => (Scenario[])
        [
            new LargeTransfer(up: false, version2: false, distance), new LargeTransfer(up: false, version2: true, distance),
            new LargeTransfer(up: true, version2: false, distance), new LargeTransfer(up: true, version2: true, distance),
        ]),
        new Soak(),
    ];

    /// <summary>Those that the command line names, by their names or the beginnings of these.</summary>
    /// <exception cref="FormatException">A name is none's.</exception>
    public static IReadOnlyList<Scenario> Named(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (!List.Any(scenario => Matches(scenario, name)))
            {
                throw new FormatException($"there is no scenario {name}; --list names all");
            }
        }

        return [.. List.Where(scenario => names.Count == 0 ? scenario.IsUsual : names.Any(name => Matches(scenario, name)))];
    }

    private static bool Matches(Scenario scenario, string name) => scenario.Name.StartsWith(name, StringComparison.Ordinal);
}
