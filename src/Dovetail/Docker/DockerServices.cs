namespace Dovetail.Docker;

/// <summary>Registers what watches the Docker Engine.</summary>
internal static class DockerServices
{
    /// <summary>
    /// Adds <see cref="DockerClient"/> and <see cref="DockerWatcher"/>. They need <see cref="TimeProvider"/>, <see cref="Random"/> and
    /// logging.
    /// </summary>
    public static IServiceCollection AddDocker(this IServiceCollection services, DockerEndpoint endpoint, DockerWatcherOptions options) =>
        services
            .AddSingleton(options)
            .AddSingleton(provider => new DockerClient(endpoint, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<DockerWatcher>();

    /// <summary>Adds <see cref="FurtherEngines"/> to what <see cref="AddDocker"/> adds.</summary>
    /// <param name="endpoints">Each with its name.</param>
    public static IServiceCollection AddFurtherEngines(this IServiceCollection services, IEnumerable<DockerEndpoint> endpoints) =>
        services.AddSingleton(provider => new FurtherEngines(
            endpoints,
            provider.GetRequiredService<DockerWatcher>(),
            provider.GetRequiredService<DockerWatcherOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Random>(),
            provider.GetRequiredService<ILogger<DockerWatcher>>()));
}
