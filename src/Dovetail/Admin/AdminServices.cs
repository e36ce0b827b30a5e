using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dovetail.Admin;

/// <summary>What the configuration says to the admin API.</summary>
/// <param name="RuntimeDirectory">Holds the admin socket.</param>
/// <param name="DockerEndpoint">Where the Engine is, as <c>DOCKER_HOST</c> would say it.</param>
/// <param name="Resync">Longest time between two listings of the containers and between two rounds of the control loop.</param>
internal sealed record AdminOptions(string RuntimeDirectory, string DockerEndpoint, TimeSpan Resync);

/// <summary>Registration of the admin API, which is the web application's own server.</summary>
internal static class AdminServices
{
    /// <summary>
    /// Makes the web application listen on the admin socket, and removes the socket of an earlier daemon. The caller holds the
    /// lock of the runtime directory, so no other daemon uses it.
    /// </summary>
    public static IServiceCollection AddAdmin(this IServiceCollection services, AdminOptions options)
    {
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            var socket = AdminApi.SocketIn(options.RuntimeDirectory);
            File.Delete(socket);
            kestrel.ListenUnixSocket(socket);
        });
        return services.AddRouting().AddSingleton(options);
    }
}
