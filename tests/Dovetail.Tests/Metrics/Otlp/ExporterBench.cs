using Dovetail.Common;
using Dovetail.Metrics;
using Dovetail.Metrics.Otlp;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Nodes.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Metrics.Otlp;

/// <summary>An exporter with what a listener measures, a clock that the test moves and a collector that really listens.</summary>
internal sealed class ExporterBench : IAsyncDisposable
{
    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider _services;
    private readonly OtlpClient _client;

    /// <param name="change">Of the options; null: none.</param>
    public ExporterBench(Uri endpoint, bool isGrpc = false, Func<OtlpOptions, OtlpOptions>? change = null)
    {
        _services = new ServiceCollection().AddMetrics().AddSingleton<TimeProvider>(Clock).AddSingleton<ProxyMetrics>()
            .AddSingleton<ProxyMeasurements>().BuildServiceProvider();
        var options = new OtlpOptions
        {
            Address = OtlpOptions.AddressIn(endpoint, isGrpc),
            IsGrpc = isGrpc,
            Headers = new OtlpHeaders([], null),
            Interval = Interval,
            ServiceName = null,
            Attributes = [],
        };
        options = change?.Invoke(options) ?? options;
        _client = new OtlpClient(options, Clock);
        var measurements = _services.GetRequiredService<ProxyMeasurements>();
        Exporter = new OtlpExporter(
            options,
            "1.2.3",
            _client,
            new OtlpExporter.Source(
                measurements.Start,
                writer => measurements.Write(writer, new HashSet<string> { "web" }),
                writer => measurements.Write(writer, null)),
            Clock,
            new Half(),
            Log);
        Web = new ListenerMetrics(_services.GetRequiredService<ProxyMetrics>(), "web");
    }

    public TestClock Clock { get; } = new();

    public FakeLogger<OtlpExporter> Log { get; } = new();

    public OtlpExporter Exporter { get; }

    /// <summary>Of the service <c>web</c>.</summary>
    public ListenerMetrics Web { get; }

    /// <summary>Of a service without a node.</summary>
    public ListenerMetrics Gone => new(_services.GetRequiredService<ProxyMetrics>(), "gone");

    public IReadOnlyList<string> Warnings =>
        [.. Log.Collector.GetSnapshot().Where(line => line.Level == LogLevel.Warning).Select(line => line.Message)];

    /// <summary>Starts it, and waits until it measures.</summary>
    public async Task StartAsync()
    {
        await Exporter.StartAsync(TestContext.Current.CancellationToken);
        await WaitsAsync(FirstWait);
    }

    /// <summary>Waits until the next export is due after this time from now.</summary>
    public Task WaitsAsync(TimeSpan wait) => TestClock.UntilAsync(() => Clock.Waits(wait), () => $"a wait of {wait}");

    /// <summary>Lets the first export be due.</summary>
    /// <param name="next">After which time from then on the next one has to be.</param>
    public Task ExportAsync(TimeSpan next) => ExportAsync(FirstWait, next);

    /// <param name="due">After which time it is due.</param>
    /// <inheritdoc cref="ExportAsync(TimeSpan)"/>
    public async Task ExportAsync(TimeSpan due, TimeSpan next)
    {
        Clock.Advance(due);
        await WaitsAsync(next);
    }

    /// <summary>Ends it as the host does.</summary>
    public async Task StopAsync()
    {
        await Exporter.StopAsync(TestContext.Current.CancellationToken);
        await Exporter.StoppedAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Exporter.StopAsync(CancellationToken.None);
        Exporter.Dispose();
        _client.Dispose();
        await _services.DisposeAsync();
    }

    public static OtlpOptions With(OtlpOptions options, params (string Name, string Value)[] attributes) =>
        options with { Attributes = attributes.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)).ToEquatableArray() };

    // Waits without jitter.
    private sealed class Half : Random
    {
        public override double NextDouble() => 0.5;
    }
}
