namespace Dovetail.Notifications;

/// <summary>Registration of the notifications in the daemon's container. Without it nothing of them is made.</summary>
internal static class NotificationServices
{
    /// <summary>Needs the services of <c>Docker</c> and <c>Reconciliation</c>.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services, NotifyOptions options) => services
        .AddSingleton(options)
        .AddSingleton(options.Receivers)
        .AddSingleton<Outboxes>()
        .AddSingleton<Notifier>()
        .AddHostedService(static provider => provider.GetRequiredService<Notifier>());
}
