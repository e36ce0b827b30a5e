using System.Collections.Immutable;
using System.Globalization;

namespace Dovetail.Tailscale;

/// <summary>Argument lists of the <c>tailscale</c> command.</summary>
internal static class TailscaleArguments
{
    /// <summary><c>--reset</c> makes what is not named the default, so that the command describes the node completely.</summary>
    public static ImmutableArray<string> Up(string socket, UpOptions options)
    {
        var arguments = ImmutableArray.CreateBuilder<string>();
        arguments.Add($"--socket={socket}");
        arguments.Add("up");
        arguments.Add("--reset");
        if (options.KeyFile is { } keyFile)
        {
            arguments.Add($"--auth-key=file:{keyFile}");
        }

        arguments.Add($"--hostname={options.HostName}");
        if (options.Tags.Count > 0)
        {
            arguments.Add($"--advertise-tags={string.Join(',', options.Tags)}");
        }

        if (options.ControlUrl is { } controlUrl)
        {
            arguments.Add($"--login-server={controlUrl}");
        }

        arguments.Add("--accept-dns=false");
        if (options.ForceReauth)
        {
            arguments.Add("--force-reauth");
        }

        arguments.Add(string.Create(CultureInfo.InvariantCulture, $"--timeout={(long)options.Timeout.TotalSeconds}s"));
        return arguments.ToImmutable();
    }

    public static ImmutableArray<string> Logout(string socket) => [$"--socket={socket}", "logout"];
}
