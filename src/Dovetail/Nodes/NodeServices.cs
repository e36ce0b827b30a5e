using System.Threading.RateLimiting;
using Dovetail.Proxy;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Registration of the nodes in the daemon's container.</summary>
internal static class NodeServices
{
    /// <summary>
    /// Adds <see cref="INodeFactory"/>. Needs the services of <c>Tailscale</c> and <c>Proxy</c>, a <see cref="TimeProvider"/>, a
    /// <see cref="Random"/> and logging.
    /// </summary>
    public static IServiceCollection AddNodes(this IServiceCollection services, NodeOptions options, AuthKeySource keys)
    {
        services.AddSingleton(options);
        services.AddSingleton(keys);
        services.AddKeyedSingleton<RateLimiter>(
            nameof(NodeDependencies.CertificateOrders), static (_, _) => CertificateRunner.NewOrderLimit());
        services.AddSingleton<ITailscaledLauncher, TailscaledLauncher>();
        services.AddSingleton(static provider => new NodeDependencies
        {
            Options = provider.GetRequiredService<NodeOptions>(),
            Keys = provider.GetRequiredService<AuthKeySource>(),
            Tailscaled = provider.GetRequiredService<ITailscaledLauncher>(),
            LocalApi = paths => new LocalApiClient(paths.Socket, provider.GetRequiredService<NodeOptions>().Timings.LocalApi),
            Command = provider.GetRequiredService<ITailscaleCommand>(),
            Listeners = provider.GetRequiredService<INodeListenerFactory>(),
            CertificateOrders = provider.GetRequiredKeyedService<RateLimiter>(nameof(NodeDependencies.CertificateOrders)),
            Control = provider.GetRequiredService<IControlProbe>(),
            Time = provider.GetRequiredService<TimeProvider>(),
            Random = provider.GetRequiredService<Random>(),
            Loggers = provider.GetRequiredService<ILoggerFactory>(),
        });
        services.AddSingleton<INodeFactory, NodeFactory>();
        return services;
    }
}
