using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Common;
using Dovetail.Processes;

namespace Dovetail.Docker;

/// <summary>
/// One connection to an Engine over SSH, as docker's own command makes it: a child <c>ssh</c>, which runs
/// <c>docker system dial-stdio</c> on the other machine and is spoken to over its standard input and output.
/// </summary>
internal sealed class SshConnection : AsyncStream
{
    /// <summary>Each connection is a process here and two there: the events, the listing, and what else is asked.</summary>
    public const int MaxOpen = 4;

    /// <summary>A small machine takes some seconds for a login, and for starting docker's command.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly DockerEndpoint _endpoint;
    private readonly PipedChild _child;
    private bool _isOpen;

    private SshConnection(DockerEndpoint endpoint, PipedChild child) => (_endpoint, _child) = (endpoint, child);

    /// <summary>Starts the child. Whether it gets through shows with the first answer.</summary>
    /// <exception cref="DockerException">There is no program to start.</exception>
    public static SshConnection Open(DockerEndpoint endpoint, TimeProvider time)
    {
        try
        {
            var start = new ChildStart
            {
                FileName = "ssh",
                Arguments = Arguments(endpoint),
                Environment = ChildEnvironment.OfThisProcess(),
            };
            return new SshConnection(endpoint, PipedChild.Start(start, time));
        }
        catch (ChildStartException missing)
        {
            throw new DockerException(
                $"The Docker Engine at {endpoint} cannot be reached: {missing.Message}. Install an SSH client (openssh-client) beside "
                + "Dovetail; its image has one.",
                missing);
        }
    }

    /// <summary>The command line after the program's name.</summary>
    public static ImmutableArray<string> Arguments(DockerEndpoint endpoint) =>
    [
        // It asks nobody anything, and speaks to no host whose key is not known, whatever the user's own configuration says.
        "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=yes",
        "-o", "UpdateHostKeys=no",
        "-o", string.Create(CultureInfo.InvariantCulture, $"ConnectTimeout={ConnectTimeout.TotalSeconds}"),
        // The events are silent for hours: without this, a host that lost its power is never noticed.
        "-o", "ServerAliveInterval=30",
        // Nothing listens here, nothing of ours is lent out, and no master process stays behind.
        "-o", "ClearAllForwardings=yes",
        "-o", "PermitLocalCommand=no",
        "-o", "RemoteCommand=none",
        "-o", "ControlMaster=no",
        "-a", "-x", "-T",
        .. endpoint.Ssh?.User is { } user ? ["-l", user] : (string[])[],
        .. endpoint.Port > 0 ? ["-p", endpoint.Port.ToString(CultureInfo.InvariantCulture)] : (string[])[],
        "--", endpoint.Host, "docker", "system", "dial-stdio",
    ];

    /// <exception cref="SshException">It ended before any answer; the message has the reason.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _child.Output.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0 && !_isOpen)
        {
            throw new SshException(SshFailure.Explain(_endpoint, await _child.LastWordsAsync()));
        }

        _isOpen |= read > 0;
        return read;
    }

    /// <exception cref="SshException">It ended before any answer; the message has the reason.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _child.Input.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException broken) when (!_isOpen)
        {
            throw new SshException(SshFailure.Explain(_endpoint, await _child.LastWordsAsync()), broken);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _child.Input.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _child.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>
/// ssh ended without having connected. To HTTP it is a broken connection as any other; the message says what happened and what to do.
/// </summary>
internal sealed class SshException(string message, Exception? innerException = null) : IOException(message, innerException);
