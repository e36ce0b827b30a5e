using System.Net;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>A running container of the test image. Disposing removes it.</summary>
internal sealed class TestContainer(Engine engine, string id) : IAsyncDisposable
{
    private bool _removed;

    /// <summary>Full Docker id.</summary>
    public string Id => id;

    /// <summary>The container's own host name: the first 12 digits of its id.</summary>
    public string HostName => id[..12];

    /// <summary>Its address on Docker's default network; empty while it is stopped.</summary>
    public async Task<string> AddressAsync(CancellationToken cancellation) =>
        await InspectAsync("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", cancellation);

    /// <summary>When it was last started, by Docker's clock, which is this machine's.</summary>
    public async Task<DateTimeOffset> StartedAtAsync(CancellationToken cancellation) => DateTimeOffset.Parse(
        await InspectAsync("{{.State.StartedAt}}", cancellation), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The Docker host's address on the container's network.</summary>
    public async Task<IPAddress> GatewayAsync(CancellationToken cancellation) =>
        IPAddress.Parse(await InspectAsync("{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}", cancellation));

    public async Task<string> NameAsync(CancellationToken cancellation) =>
        (await InspectAsync("{{.Name}}", cancellation)).TrimStart('/');

    public Task StopAsync(CancellationToken cancellation) => engine.DockerAsync(["stop", id], cancellation: cancellation);

    public Task StartAsync(CancellationToken cancellation) => engine.DockerAsync(["start", id], cancellation: cancellation);

    public Task RestartAsync(CancellationToken cancellation) => engine.DockerAsync(["restart", id], cancellation: cancellation);

    /// <summary>Takes it off a Docker network.</summary>
    public Task DisconnectAsync(string network, CancellationToken cancellation) =>
        engine.DockerAsync(["network", "disconnect", network, id], cancellation: cancellation);

    public Task ConnectAsync(string network, CancellationToken cancellation) =>
        engine.DockerAsync(["network", "connect", network, id], cancellation: cancellation);

    public async Task RemoveAsync(CancellationToken cancellation)
    {
        await engine.DockerAsync(["rm", "-f", id], cancellation: cancellation);
        _removed = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_removed)
        {
            await RemoveAsync(CancellationToken.None);
        }
    }

    private async Task<string> InspectAsync(string format, CancellationToken cancellation) =>
        (await engine.DockerAsync(["inspect", "-f", format, id], cancellation: cancellation)).Stdout.Trim();
}
