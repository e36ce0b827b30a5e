using System.Runtime.CompilerServices;
using Dovetail.Docker;
using Dovetail.Files;
using Dovetail.Nodes;
using Dovetail.Services.Files;
using Dovetail.Services.Model;
using Dovetail.Sleep;

namespace Dovetail.Reconciliation;

/// <summary>Registration of the control loop in the daemon's container.</summary>
internal static class ReconciliationServices
{
    private static readonly TimeSpan MaxForgetterInterval = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Adds the <see cref="Reconciler"/> as a background service. Needs the services of <c>Docker</c> and <c>Nodes</c>, and takes those of
    /// <c>Files</c> where they are.
    /// </summary>
    public static IServiceCollection AddReconciliation(
        this IServiceCollection services, ServiceOptions serviceOptions, ReconcilerOptions options)
    {
        services.AddSingleton(provider => new Reconciler(
            provider.GetService<FurtherEngines>()?.WatchAsync()
                ?? provider.GetRequiredService<DockerWatcher>().WatchAsync(CancellationToken.None),
            provider.GetRequiredService<INodeFactory>(),
            serviceOptions,
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Reconciler>>(),
            provider.GetService<ServicesFileWatcher>() is { } file
                ? ListingItsContainers(
                    file.WatchAsync(CancellationToken.None),
                    provider.GetRequiredService<DockerWatcher>(),
                    provider.GetService<FurtherEngines>())
                : null,
            provider.GetService<Sleeper>()));
        services.AddSingleton(provider => new UnwantedStates(
            provider.GetRequiredService<Reconciler>(),
            provider.GetRequiredService<DockerClient>(),
            provider.GetRequiredService<INodeFactory>(),
            serviceOptions,
            provider.GetService<FurtherEngines>()));
        services.AddHostedService(static provider => provider.GetRequiredService<Reconciler>());
        if (options.ForgetAfter is { } after)
        {
            services.AddSingleton(provider => new Forgetter(
                provider.GetRequiredService<UnwantedStates>().FindAsync,
                provider.GetRequiredService<Reconciler>(),
                provider.GetRequiredService<INodeFactory>(),
                new ForgetterOptions(
                    after,
                    options.Grace,
                    options.Resync < MaxForgetterInterval ? options.Resync : MaxForgetterInterval,
                    provider.GetRequiredService<NodeOptions>().StateRoot),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<Random>(),
                provider.GetRequiredService<ILogger<Forgetter>>()));
            services.AddHostedService(static provider => provider.GetRequiredService<Forgetter>());
        }

        return services;
    }

    // The containers that the file names have no label by which they would be listed.
    private static async IAsyncEnumerable<ServicesFile> ListingItsContainers(
        IAsyncEnumerable<ServicesFile> files,
        DockerWatcher docker,
        FurtherEngines? further,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var file in files.WithCancellation(cancellationToken))
        {
            docker.Select(file.Containers.Of(engine: null));
            further?.Select(file.Containers);
            yield return file;
        }
    }
}
