using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>Registration of what all nodes share of Tailscale.</summary>
internal static class TailscaleServices
{
    /// <param name="tailscale">The <c>tailscale</c> binary.</param>
    public static IServiceCollection AddTailscale(this IServiceCollection services, string tailscale)
    {
        var environment = ChildEnvironment.From(Environment.GetEnvironmentVariables());
        return services
            .AddSingleton(environment)
            .AddSingleton<ParentDeathPipe>()
            .AddSingleton<IControlProbe, ControlProbe>()
            .AddSingleton<ITailscaleCommand>(
                provider => new TailscaleCommand(tailscale, environment, provider.GetRequiredService<TimeProvider>()));
    }
}
