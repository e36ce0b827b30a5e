using Dovetail.Proxy.Http;

namespace Dovetail.Dashboard;

/// <summary>Registration of the dashboard in the daemon's container. Without it nothing of the dashboard is made.</summary>
internal static class DashboardServices
{
    /// <summary>Adds the pages of the service that <see cref="DashboardOptions.ToService"/> gives. Needs the services of all other rooms.</summary>
    public static IServiceCollection AddDashboard(this IServiceCollection services, DashboardOptions options) => services
        .AddSingleton(options)
        .AddSingleton<RequestCounts>()
        .AddSingleton<DashboardView>()
        .AddSingleton<OrderCheck>()
        .AddSingleton<EventStreams>()
        .AddSingleton<IOwnPages, DashboardPages>();
}
