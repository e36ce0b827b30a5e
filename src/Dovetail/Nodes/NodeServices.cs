using Dovetail.Processes;
using Dovetail.Proxy;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Registration of what all nodes share.</summary>
internal static class NodeServices
{
    public static IServiceCollection AddNodes(this IServiceCollection services, NodeOptions options, AuthKeySource keys) => services
        .AddSingleton<ParentDeathPipe>()
        .AddSingleton<CertificateOrderLimit>()
        .AddSingleton(provider => new NodeDependencies
        {
            Settings = options,
            Keys = keys,
            Command = provider.GetRequiredService<TailscaleCommand>(),
            Listeners = provider.GetRequiredService<NodeListenerFactory>(),
            Certificates = provider.GetRequiredService<CertificateOrderLimit>(),
            Control = provider.GetRequiredService<ControlProbe>(),
            ParentDeath = provider.GetRequiredService<ParentDeathPipe>(),
            Environment = ChildEnvironment.From(Environment.GetEnvironmentVariables()),
            Time = provider.GetRequiredService<TimeProvider>(),
            Random = provider.GetRequiredService<Random>(),
            Logs = provider.GetRequiredService<ILoggerFactory>(),
        });
}
