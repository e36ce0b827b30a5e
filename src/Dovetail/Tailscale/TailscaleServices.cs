using System.Collections.Immutable;
using Dovetail.Processes;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dovetail.Tailscale;

/// <summary>Registration of what speaks to tailscaled, to its command and to the control server.</summary>
internal static class TailscaleServices
{
    /// <param name="tailscale">The <c>tailscale</c> executable: a path, or a name to be found on <c>PATH</c>.</param>
    public static IServiceCollection AddTailscale(this IServiceCollection services, string tailscale)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ParentDeathPipe>();
        services.AddSingleton(ChildEnvironment.OfThisProcess());
        services.AddSingleton<IControlProbe, ControlProbe>();
        services.AddSingleton<ITailscaleCommand>(provider => new TailscaleCommand(
            tailscale, provider.GetRequiredService<ImmutableDictionary<string, string>>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
