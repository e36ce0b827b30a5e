using System.Net;

namespace LoadBench.Stages;

/// <summary>A Docker network on which containers can be given addresses. Disposing removes it.</summary>
internal sealed class AddressedNetwork : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly IPNetwork _subnet;

    private AddressedNetwork(Engine engine, string name, IPNetwork subnet) => (_engine, Name, _subnet) = (engine, name, subnet);

    public string Name { get; }

    public static async Task<AddressedNetwork> CreateAsync(Engine engine, string name, CancellationToken cancellation)
    {
        // Docker gives addresses by choice only on a subnet that was asked for. Which one is free, it knows best.
        await engine.DockerAsync(["network", "create", name], cancellation: cancellation);
        var inspected = await engine.DockerAsync(
            ["network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", name], cancellation: cancellation);
        var subnet = IPNetwork.Parse(inspected.Stdout.Trim());
        await engine.DockerAsync(["network", "rm", name], cancellation: cancellation);
        await engine.DockerAsync(["network", "create", "--subnet", subnet.ToString(), name], cancellation: cancellation);
        return new AddressedNetwork(engine, name, subnet);
    }

    /// <param name="number">Last byte.</param>
    public IPAddress Address(int number)
    {
        var bytes = _subnet.BaseAddress.GetAddressBytes();
        bytes[^1] = (byte)number;
        return new IPAddress(bytes);
    }

    public async ValueTask DisposeAsync() => await _engine.DockerAsync(["network", "rm", Name]);
}
