using Microsoft.Extensions.Hosting;

namespace TestBackend;

/// <summary>In the place of the host's own, which stops at once on SIGTERM.</summary>
internal sealed class LifetimeOfItsOwn : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
