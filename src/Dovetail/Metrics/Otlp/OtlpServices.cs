namespace Dovetail.Metrics.Otlp;

/// <summary>Registers the export to a collector, which is not there at all unless it is asked for.</summary>
internal static class OtlpServices
{
    public static IServiceCollection AddOtlp(this IServiceCollection services, OtlpOptions options) => services
        .AddSingleton(provider => new OtlpClient(options, provider.GetRequiredService<TimeProvider>()))
        .AddHostedService(provider =>
        {
            var reader = provider.GetRequiredService<MetricsReader>();
            return new OtlpExporter(
                options,
                provider.GetRequiredService<MetricsOptions>().Version,
                provider.GetRequiredService<OtlpClient>(),
                new OtlpExporter.Source(reader.Start, reader.Write, reader.WriteLast),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<Random>(),
                provider.GetRequiredService<ILogger<OtlpExporter>>());
        });
}
