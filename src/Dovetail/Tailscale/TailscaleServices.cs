using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>Registration of what all nodes share of Tailscale.</summary>
internal static class TailscaleServices
{
    /// <param name="tailscale">The <c>tailscale</c> binary.</param>
    public static IServiceCollection AddTailscale(this IServiceCollection services, string tailscale) => services
        .AddSingleton(provider => new TailscaleCommand(
            tailscale, ChildEnvironment.From(Environment.GetEnvironmentVariables()), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<ControlProbe>();
}
