using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Services.Model;
using Dovetail.Sleep;

namespace Dovetail.Reconciliation;

/// <summary>Registration of the control loop in the daemon's container.</summary>
internal static class ReconciliationServices
{
    /// <summary>Adds the <see cref="Reconciler"/> as a background service. Needs the services of <c>Docker</c> and <c>Nodes</c>.</summary>
    public static IServiceCollection AddReconciliation(
        this IServiceCollection services, ServiceOptions serviceOptions, ReconcilerOptions options)
    {
        services.AddSingleton(provider => new Reconciler(
            provider.GetRequiredService<DockerWatcher>().WatchAsync(CancellationToken.None),
            provider.GetRequiredService<INodeFactory>(),
            serviceOptions,
            options,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Reconciler>>(),
            provider.GetService<Sleeper>()));
        services.AddSingleton(provider => new UnwantedStates(
            provider.GetRequiredService<Reconciler>(),
            provider.GetRequiredService<DockerClient>(),
            provider.GetRequiredService<INodeFactory>(),
            serviceOptions));
        services.AddHostedService(static provider => provider.GetRequiredService<Reconciler>());
        return services;
    }
}
