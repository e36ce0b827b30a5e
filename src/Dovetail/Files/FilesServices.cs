using Dovetail.Containers;

namespace Dovetail.Files;

/// <summary>Registration of the services file in the daemon's container. Without one, nothing of it is made.</summary>
internal static class FilesServices
{
    /// <summary>Adds <see cref="ServicesFileWatcher"/>. Needs <see cref="TimeProvider"/> and logging.</summary>
    /// <param name="path">Of the file; absolute.</param>
    /// <param name="prefix">What labels begin with, without the dot.</param>
    /// <param name="engines">Whose containers it may name.</param>
    public static IServiceCollection AddServicesFile(
        this IServiceCollection services, string path, string prefix, EngineNames engines) =>
        services.AddSingleton(provider => new ServicesFileWatcher(
            path,
            prefix,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ServicesFileWatcher>>(),
            engines));
}
