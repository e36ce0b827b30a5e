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
}
