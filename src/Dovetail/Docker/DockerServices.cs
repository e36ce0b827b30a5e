namespace Dovetail.Docker;

/// <summary>Registration of the Docker watcher.</summary>
internal static class DockerServices
{
    public static IServiceCollection AddDocker(this IServiceCollection services, DockerEndpoint endpoint, DockerWatcherOptions options) => services
        .AddSingleton(options)
        .AddSingleton(provider => new DockerClient(endpoint, provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<DockerWatcher>();
}
