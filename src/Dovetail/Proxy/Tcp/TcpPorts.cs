using System.Collections.Immutable;
using System.Net;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Tcp;

/// <summary>The raw TCP ports of a listener; opened and closed as the configuration names them.</summary>
internal sealed partial class TcpPorts(TcpDependencies dependencies)
{
    private readonly Dictionary<int, TcpPort> _open = [];

    public ImmutableSortedDictionary<int, IPEndPoint> EndPoints =>
        _open.ToImmutableSortedDictionary(port => port.Key, port => port.Value.EndPoint);

    /// <summary>Not to be called twice at the same time. A port that cannot be opened is left out, and tried again next time.</summary>
    public async Task UpdateAsync(ListenerConfig config, IPAddress address)
    {
        foreach (var (nodePort, port) in _open.Where(port => !config.Service.TcpPorts.Contains(port.Key)).ToList())
        {
            _open.Remove(nodePort);
            await port.DisposeAsync();
        }

        foreach (var nodePort in config.Service.TcpPorts)
        {
            if (!_open.TryGetValue(nodePort, out var port))
            {
                try
                {
                    port = await TcpPort.OpenAsync(nodePort, address, dependencies);
                }
                catch (Exception e) when (BindFailure.Is(e))
                {
                    Log.CannotOpen(dependencies.Logger, e, dependencies.Service, nodePort);
                    continue;
                }

                _open.Add(nodePort, port);
            }

            port.Update(config);
        }
    }

    public Task StopAsync(TimeSpan drain) => Task.WhenAll(_open.Values.Select(port => port.StopAsync(drain)));

    private static partial class Log
    {
        [LoggerMessage(4411, LogLevel.Error, "{Service}: cannot listen for TCP port {Port}; it is not served")]
        public static partial void CannotOpen(ILogger logger, Exception exception, string service, int port);
    }
}
