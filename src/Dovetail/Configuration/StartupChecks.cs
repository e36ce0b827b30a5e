using System.Net.Sockets;
using Dovetail.Nodes;
using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Configuration;

/// <summary>Checks what must be in place before the daemon starts and does not heal by waiting: the binaries and the directories.</summary>
internal sealed class StartupChecks(DovetailOptions options, TimeProvider time)
{
    private readonly List<string> _errors = [];

    /// <returns>What is wrong, each with the variable and the fix; empty when all is well.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        CheckDirectory(Settings.StateDirectory, options.Nodes.StateRoot);
        CheckDirectory(Settings.RuntimeDirectory, options.Nodes.RuntimeDirectory);
        CheckAddress();
        CheckReceivers();
        await CheckBinaryAsync(Settings.Tailscaled, options.Nodes.Tailscaled, cancellationToken);
        await CheckBinaryAsync(Settings.Tailscale, options.Tailscale, cancellationToken);
        return _errors;
    }

    /// <summary>Removes the key files that a daemon left that was killed. Only under the lock: another daemon may be using them.</summary>
    /// <returns>What is wrong; null when all is well.</returns>
    public static string? RemoveOldKeys(string runtimeDirectory)
    {
        try
        {
            KeyFile.RemoveLeftovers(runtimeDirectory);
            return null;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return AccessAdvice.Of(Settings.RuntimeDirectory, runtimeDirectory, KeyFile.DirectoryName, failed);
        }
    }

    private void CheckDirectory(Setting setting, string path)
    {
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var probe = Path.Combine(path, $".dovetail-{Guid.NewGuid():N}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
                // It can be written.
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            _errors.Add(AccessAdvice.Of(setting, path, entry: null, failed));
        }
    }

    private void CheckAddress()
    {
        if (options.MetricsAddress is not { } address)
        {
            return;
        }

        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            probe.Bind(address);
        }
        catch (SocketException failed)
        {
            _errors.Add($"{Settings.MetricsAddress.Variable}={address}: cannot be listened on ({failed.Message}); "
                + "name an address that this machine or container has, and a free port");
        }
    }

    private void CheckReceivers()
    {
        if (options.Notifications?.Receivers.Read().Problem is { } problem)
        {
            _errors.Add($"{Settings.NotifyFile.Variable}: {problem}");
        }
    }

    private async Task CheckBinaryAsync(Setting setting, string fileName, CancellationToken cancellationToken)
    {
        try
        {
            var version = await TailscaleVersion.AskAsync(fileName, ChildEnvironment.OfThisProcess(), time, cancellationToken);
            if (version is null)
            {
                _errors.Add($"{setting.Variable}={fileName}: does not say a version; name the official binary");
            }
            else if (version < TailscaleVersion.Oldest)
            {
                _errors.Add($"{setting.Variable}={fileName}: version {version} is too old; "
                    + $"Dovetail needs {TailscaleVersion.Oldest} or newer, which speaks the PROXY protocol");
            }
        }
        catch (ChildStartException failed)
        {
            _errors.Add($"{setting.Variable}={fileName}: {failed.Message}; "
                + $"install Tailscale {TailscaleVersion.Oldest} or newer, or name its path");
        }
        catch (TimeoutException)
        {
            _errors.Add($"{setting.Variable}={fileName}: does not answer --version; name the official binary");
        }
    }
}
