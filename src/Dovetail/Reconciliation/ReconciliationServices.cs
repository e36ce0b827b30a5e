using Dovetail.Services.Model;

namespace Dovetail.Reconciliation;

/// <summary>Registration of the control loop.</summary>
internal static class ReconciliationServices
{
    /// <param name="defaults">For services whose labels say nothing.</param>
    public static IServiceCollection AddReconciliation(
        this IServiceCollection services, ServiceOptions defaults, ReconcilerOptions options) => services
        .AddSingleton(defaults)
        .AddSingleton(options)
        .AddSingleton<Reconciler>()
        .AddHostedService(static provider => provider.GetRequiredService<Reconciler>());
}
