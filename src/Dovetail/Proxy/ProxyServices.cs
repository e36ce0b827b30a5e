using Dovetail.Proxy.Model;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dovetail.Proxy;

/// <summary>Registration of the listeners in the daemon's root container.</summary>
internal static class ProxyServices
{
    /// <summary>
    /// Adds <see cref="NodeListenerFactory"/> and what it needs. The container must be that of a web application on
    /// Kestrel: <c>UseHttps</c> takes services from there that cannot be registered one by one.
    /// </summary>
    public static IServiceCollection AddProxy(this IServiceCollection services, ListenerOptions? options = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.TryAddSingleton(options ?? new ListenerOptions());
        services.AddMetrics();
        services.TryAddSingleton<ProxyMetrics>();
        services.AddHttpForwarder();

        // It writes a line for every request and every failure; the listener logs what a person can act on.
        services.Configure<LoggerFilterOptions>(filters => filters.AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.None));
        services.TryAddSingleton<NodeListenerFactory>();
        services.TryAddSingleton<INodeListenerFactory>(static provider => provider.GetRequiredService<NodeListenerFactory>());
        return services;
    }
}
