using Dovetail.Docker;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;

namespace Dovetail.Sleep;

/// <summary>Registration of what stops and starts containers; without it none ever is.</summary>
internal static class SleepServices
{
    /// <summary>Adds the <see cref="Sleeper"/> as a background service. Needs the services of <c>Docker</c>.</summary>
    public static IServiceCollection AddSleep(this IServiceCollection services, ServiceOptions options) => services
        .AddSingleton<IContainerOrders, ContainerOrders>()
        .AddSingleton<ProjectTurns>()
        .AddSingleton<ContainerStarter>()
        .AddSingleton(provider => new ContainerStopper(
            provider.GetRequiredService<IContainerOrders>(),
            provider.GetRequiredService<ProjectTurns>(),
            options,
            provider.GetRequiredService<ILogger<ContainerStopper>>()))
        .AddSingleton<Sleeper>()
        .AddSingleton<IServiceUses>(static provider => provider.GetRequiredService<Sleeper>())
        .AddHostedService(static provider => provider.GetRequiredService<Sleeper>());
}
