using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Docker.DotNet.NativeHttp;
using Dovetail.Common;
using EngineClient = Docker.DotNet.DockerClient;

namespace Dovetail.Docker;

/// <summary>
/// The few calls of the Docker Engine API that Dovetail makes, by Docker.DotNet. Every failure is a <see cref="DockerException"/>, except
/// <see cref="OperationCanceledException"/> for the caller's own token. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Transport and TLS are Dovetail's own (<see cref="DockerConnector"/> on .NET's handler) for what was found in Docker.DotNet.Enhanced
/// 4.3.3. Its default transports take a body that was cut short for a whole one and half an event for the end, do not end at a
/// cancellation while the other side is silent, have no keep-alive, connect through <c>HTTP_PROXY</c>, refuse socket paths over 91 bytes
/// and speak TLS 1.2 only. Its X509 package trusts every certificate of the CA, whatever host it names. It negotiates no API version.
/// </remarks>
internal sealed class DockerClient : IDisposable
{
    private readonly TimeProvider _time;
    private readonly EngineHandler _handler = new();
    private readonly EngineClient _engine;

    // Until the next negotiation.
    private volatile bool _refusesFilters;

    public DockerClient(DockerEndpoint endpoint, TimeProvider time)
    {
        Endpoint = endpoint;
        _time = time;
        ConnectTimeout = endpoint.Ssh is null ? TimeSpan.FromSeconds(5) : SshConnection.Patience;
        var connector = new DockerConnector(endpoint, time);
        _engine = new DockerClientBuilder()
            .WithEndpoint(new Uri("http://docker/"))
            .WithTimeout(Timeout.InfiniteTimeSpan)
            .WithAuthProvider(_handler)
            .WithTransportOptions(new NativeHttpTransportOptions
            {
                ConfigureHandler = handler =>
                {
                    handler.ConnectCallback = (_, cancellationToken) => connector.ConnectAsync(cancellationToken);
                    handler.UseProxy = false;
                    handler.UseCookies = false;
                    handler.AllowAutoRedirect = false;
                    if (endpoint.Ssh is not null)
                    {
                        handler.MaxConnectionsPerServer = SshConnection.MaxOpen;
                    }
                },
            })
            .Build();
    }

    public DockerEndpoint Endpoint { get; }

    /// <summary>Whether what answered last is Podman.</summary>
    public bool IsPodman => _handler.IsPodman;

    /// <summary>
    /// How long the Engine may take to answer a call, connecting included; the event stream, once open, has no limit. Default 30 s.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The limit of the call that any Engine answers at once, its version. Default 5 s, over SSH 20 s.</summary>
    public TimeSpan ConnectTimeout { get; init; }

    /// <summary>
    /// Asks the Engine what it is and settles the API version for the calls that follow. Ask again after a reconnect: it may be another
    /// Engine.
    /// </summary>
    /// <exception cref="DockerException">No Engine answers.</exception>
    public Task<EngineVersion> GetVersionAsync(CancellationToken cancellationToken) => GuardAsync(
        "GET /version",
        async token =>
        {
            var version = await _engine.System.GetVersionAsync(token);
            var newest = ApiVersion.TryParse(version?.APIVersion)
                ?? throw new DockerException(
                    $"What answers at {Endpoint} is not a Docker Engine: it reports no API version. Check {Endpoint.Variable}.");
            var negotiated = ApiVersion.Negotiate(newest, ApiVersion.TryParse(version!.MinAPIVersion));
            _handler.Version = negotiated.ToString();
            var engine = version.Version is { Length: > 0 } named ? Printable.Text(named) : "unknown";
            _refusesFilters = false;
            return new EngineVersion(engine, negotiated, _handler.Clock, IsPodman);
        },
        ConnectTimeout,
        cancellationToken);

    /// <summary>Containers that run, are paused, or wait for their restart; each has an id.</summary>
    /// <param name="evenStopped">All others too.</param>
    /// <exception cref="DockerException">The Engine does not answer, refuses, or its answer cannot be read.</exception>
    public async Task<IReadOnlyList<ContainerListResponse>> ListContainersAsync(
        CancellationToken cancellationToken, bool evenStopped = false)
    {
        if (_handler.Version is null)
        {
            await GetVersionAsync(cancellationToken);
        }

        // What Docker lists by itself are just these. Podman leaves the paused ones out, and answers 500 to a filter with a state that it
        // does not have, such as restarting.
        var everything = new ContainersListParameters { All = true };
        var little = IsPodman
            ? new ContainersListParameters { All = true, Filters = Filters(("status", ["running", "paused"])) }
            : new ContainersListParameters();
        if (evenStopped)
        {
            return [.. (await ListContainersAsync(everything, cancellationToken)).Where(static entry => entry is { ID.Length: > 0 })];
        }

        var entries = await WithFiltersAsync(
            IsPodman, isFiltered => ListContainersAsync(isFiltered ? little : everything, cancellationToken));
        return [.. entries.Where(entry => entry is { ID.Length: > 0 } && ContainerMapper.IsAlive(entry.State))];
    }

    /// <param name="idOrName">Id, beginning of an id, or name.</param>
    /// <param name="timeout">Instead of <see cref="CallTimeout"/>.</param>
    /// <returns>Null when there is no such container.</returns>
    /// <exception cref="DockerException">The Engine does not answer, refuses, or its answer cannot be read.</exception>
    public Task<ContainerInspectResponse?> InspectContainerAsync(
        string idOrName, CancellationToken cancellationToken, TimeSpan? timeout = null) => OrNullAsync(CallAsync(
            $"GET /containers/{Printable.Text(idOrName)}/json",
            token => _engine.Containers.InspectContainerAsync(Uri.EscapeDataString(idOrName), token),
            timeout ?? CallTimeout,
            cancellationToken));

    /// <summary>Starts a container; one that runs stays as it is.</summary>
    /// <exception cref="DockerException">There is none, the Engine does not answer, or it refuses; the message has its reason.</exception>
    public Task StartContainerAsync(string id, CancellationToken cancellationToken) => OrderAsync(
        $"POST /containers/{Printable.Text(id)}/start",
        token => _engine.Containers.StartContainerAsync(Uri.EscapeDataString(id), new ContainerStartParameters(), token),
        CallTimeout,
        cancellationToken);

    /// <summary>Stops a container with its own signal, and waits for its end; one that does not run stays as it is.</summary>
    /// <param name="stopTimeout">The container's own: how long after that the Engine kills it.</param>
    /// <exception cref="DockerException">There is none, the Engine does not answer, or it refuses; the message has its reason.</exception>
    public Task StopContainerAsync(string id, TimeSpan stopTimeout, CancellationToken cancellationToken) => OrderAsync(
        $"POST /containers/{Printable.Text(id)}/stop",
        token => _engine.Containers.StopContainerAsync(Uri.EscapeDataString(id), new ContainerStopParameters(), token),
        stopTimeout + CallTimeout,
        cancellationToken);

    /// <summary>All networks.</summary>
    /// <exception cref="DockerException">The Engine does not answer, refuses, or its answer cannot be read.</exception>
    public Task<IList<NetworkResponse>> ListNetworksAsync(CancellationToken cancellationToken) => CallAsync(
        "GET /networks",
        token => _engine.Networks.ListNetworksAsync(new NetworksListParameters(), token),
        CallTimeout,
        cancellationToken);

    /// <summary>What the Engine says of itself. Costs it more than the other calls.</summary>
    /// <exception cref="DockerException">The Engine does not answer, refuses, or its answer cannot be read.</exception>
    public async Task<EngineInfo> GetInfoAsync(CancellationToken cancellationToken)
    {
        var info = await CallAsync("GET /info", _engine.System.GetSystemInfoAsync, CallTimeout, cancellationToken);
        return new EngineInfo(
            // Podman 4.3 shows it by its directory only, in its user's home.
            info.SecurityOptions?.Contains("name=rootless") == true
                || info.DockerRootDir?.Contains("/.local/share/", StringComparison.Ordinal) == true,
            info.Swarm?.NodeID ?? "",
            info.Swarm?.LocalNodeState == "active",
            info.Swarm?.ControlAvailable == true);
    }

    /// <summary>The services of the swarm; each has an id and a specification.</summary>
    /// <exception cref="DockerException">The Engine is no manager, does not answer, refuses, or its answer cannot be read.</exception>
    public async Task<IReadOnlyList<SwarmService>> ListServicesAsync(CancellationToken cancellationToken)
    {
        var services = await CallAsync(
            "GET /services",
            token => _engine.Swarm.ListServicesAsync(new ServiceListParameters(), token),
            CallTimeout,
            cancellationToken);
        return [.. services.Where(service => service is { ID.Length: > 0, Spec: not null })];
    }

    /// <summary>The tasks of these services that are meant to run; each has an id.</summary>
    /// <exception cref="DockerException">The Engine is no manager, does not answer, refuses, or its answer cannot be read.</exception>
    public async Task<IReadOnlyList<TaskResponse>> ListTasksAsync(IEnumerable<string> serviceIds, CancellationToken cancellationToken)
    {
        var tasks = await CallAsync(
            "GET /tasks",
            token => _engine.Tasks.ListAsync(
                new TasksListParameters { Filters = Filters(("service", [.. serviceIds]), ("desired-state", ["running"])) }, token),
            CallTimeout,
            cancellationToken);
        return [.. tasks.Where(task => task is { ID.Length: > 0 })];
    }

    /// <summary>
    /// Subscribes to what happens to containers, networks and the swarm; <see cref="EventChoice"/> tells what of it matters. Done when the
    /// Engine has taken the subscription.
    /// </summary>
    /// <param name="since">By the Engine's clock: also events since then that it still remembers. Null: only from now on.</param>
    /// <exception cref="DockerException">The Engine does not answer within <see cref="CallTimeout"/>, or refuses.</exception>
    public Task<DockerEventStream> OpenEventsAsync(DateTimeOffset? since, CancellationToken cancellationToken)
    {
        // Only the types are chosen here. Engines name their events differently, and Podman's filter knows other names than its stream.
        var types = Filters(("type", ["container", "network", "service", "node"]));
        return WithFiltersAsync(true, isFiltered => OpenEventsAsync(since, isFiltered ? types : [], cancellationToken));
    }

    public void Dispose() => _engine.Dispose();

    private static Dictionary<string, IDictionary<string, bool>> Filters(params (string Key, string[] Values)[] filters) =>
        filters.ToDictionary(
            filter => filter.Key,
            filter => (IDictionary<string, bool>)filter.Values.ToDictionary(value => value, _ => true));

    private Task<IList<ContainerListResponse>> ListContainersAsync(
        ContainersListParameters parameters, CancellationToken cancellationToken) => CallAsync(
            "GET /containers/json",
            token => _engine.Containers.ListContainersAsync(parameters, token),
            CallTimeout,
            cancellationToken);

    private Task<DockerEventStream> OpenEventsAsync(
        DateTimeOffset? since, Dictionary<string, IDictionary<string, bool>> filters, CancellationToken cancellationToken)
    {
        var parameters = new ContainerEventsParameters
        {
            Since = since?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            Filters = filters,
        };
#pragma warning disable CS0618 // The overload with IProgress does not tell when the subscription stands, and Progress<T> loses the order.
        return CallAsync(
            "GET /events",
            async token => new DockerEventStream(await _engine.System.MonitorEventsAsync(parameters, token)),
            CallTimeout,
            cancellationToken);
#pragma warning restore CS0618
    }

    // A filter only spares work: an Engine that refuses it is asked without, from then on.
    private async Task<T> WithFiltersAsync<T>(bool hasFilters, Func<bool, Task<T>> ask)
    {
        if (_refusesFilters || !hasFilters)
        {
            return await ask(!hasFilters);
        }

        try
        {
            return await ask(true);
        }
        catch (DockerException exception) when (exception.StatusCode is not (null or HttpStatusCode.Unauthorized))
        {
            var answer = await ask(false);
            _refusesFilters = true;
            return answer;
        }
    }

    private async Task OrderAsync(
        string call, Func<CancellationToken, Task<bool>> ask, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(call, async token => (await ask(token)).ToString(), timeout, cancellationToken);
        }
        catch (DockerException exception) when (exception.StatusCode == HttpStatusCode.NotModified)
        {
            // It is so already.
        }
    }

    private static async Task<T?> OrNullAsync<T>(Task<T> call)
        where T : class
    {
        try
        {
            return await call;
        }
        catch (DockerException exception) when (exception.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<T> CallAsync<T>(
        string call, Func<CancellationToken, Task<T>> ask, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        if (_handler.Version is null)
        {
            await GetVersionAsync(cancellationToken);
        }

        return await GuardAsync(call, ask, timeout, cancellationToken);
    }

    private async Task<T> GuardAsync<T>(
        string call, Func<CancellationToken, Task<T>> ask, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        using var deadline = new DeadlineSource(timeout, _time, cancellationToken);
        try
        {
            // Docker.DotNet returns a JSON null as it is.
            return await ask(deadline.Token) ?? throw new FormatException("It is null.");
        }
        catch (Exception exception) when (exception is not DockerException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Explain(exception, call, timeout);
        }
    }

    private DockerException Explain(Exception exception, string call, TimeSpan timeout) => exception switch
    {
        // The connector's own explanation, which the handler wraps.
        HttpRequestException { InnerException: DockerException inner } => inner,
        HttpRequestException { InnerException: SshException inner } => new DockerException(inner.Message, inner),
        SshException => new DockerException(exception.Message, exception),
        OperationCanceledException => new DockerException(
            FormattableString.Invariant(
                $"The Docker Engine at {Endpoint} did not answer {call} within {timeout.TotalSeconds:0.#} s. ")
            + $"Check that it is healthy (docker ps) and that {Endpoint.Variable} is right.",
            exception)
        {
            IsTimeout = true,
        },
        IOException or HttpRequestException { HttpRequestError: not HttpRequestError.ConfigurationLimitExceeded } => new DockerException(
            $"The connection to the Docker Engine at {Endpoint} broke: {Printable.Text(exception.Message, 300)} "
            + $"Check that it is running, and that {Endpoint.Variable} is right.",
            exception),
        // JsonException, and whatever else the converters of Docker.DotNet throw at values they do not expect.
        _ => new DockerException(
            $"What answers at {Endpoint} is no Docker Engine, or one that Dovetail does not understand: its answer to {call} "
            + $"cannot be read ({Printable.Text(exception.Message, 300)}). Check {Endpoint.Variable}.",
            exception),
    };
}

/// <summary>The Engine could not be asked, or refused. The message says what happened and what to do about it.</summary>
internal sealed class DockerException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The Engine's answer, when there was one.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>Whether the Engine took the call and did not answer it in time.</summary>
    public bool IsTimeout { get; init; }
}
