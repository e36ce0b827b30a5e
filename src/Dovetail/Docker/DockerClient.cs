using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Common;
using Dovetail.Docker.Api;

namespace Dovetail.Docker;

/// <summary>
/// The few calls of the Docker Engine API that Dovetail makes. Every failure is a <see cref="DockerException"/>, except
/// <see cref="OperationCanceledException"/> for the caller's own token. Safe for concurrent use.
/// </summary>
internal sealed class DockerClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    // What GetVersionAsync negotiated; null before, and again after the Engine refused it.
    private string? _pathPrefix;

    public DockerClient(DockerEndpoint endpoint, TimeProvider time)
    {
        Endpoint = endpoint;
        _time = time;
        var connector = new DockerConnector(endpoint);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) => connector.ConnectAsync(cancellationToken),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        })
        {
            // The connector brings the TLS; to HTTP the Engine is plain.
            BaseAddress = new Uri("http://docker/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public DockerEndpoint Endpoint { get; }

    /// <summary>How long the Engine may take to answer a call, connecting included; the event stream, once open, has no limit. Default 30 s.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The limit of calls that any Engine answers at once: version and opening the event stream. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Asks the Engine what it is and settles the API version for the calls that follow. Ask again after a reconnect: it may be another Engine.</summary>
    public async Task<EngineVersion> GetVersionAsync(CancellationToken cancellationToken)
    {
        using var deadline = Deadline(ConnectTimeout, cancellationToken);
        try
        {
            using var response = await SendAsync("version", deadline.Token);
            var version = await ReadAsync(response, DockerJsonContext.Default.VersionResponse, deadline.Token);
            var newest = ApiVersion.TryParse(version.ApiVersion)
                ?? throw new DockerException($"What answers at {Endpoint} is not a Docker Engine: it reports no API version. Check DOCKER_HOST.");
            var negotiated = ApiVersion.Negotiate(newest, ApiVersion.TryParse(version.MinAPIVersion));
            Volatile.Write(ref _pathPrefix, $"v{negotiated}/");
            return new EngineVersion(Printable.Text(version.Version ?? "unknown"), negotiated, response.Headers.Date);
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw Explain(exception, ConnectTimeout);
        }
    }

    /// <summary>Containers that run, are paused or wait for their restart.</summary>
    public Task<IReadOnlyList<ContainerListResponse>> ListContainersAsync(CancellationToken cancellationToken) =>
        CallAsync(
            "containers/json?all=1&filters=" + Uri.EscapeDataString("""{"status":["running","paused","restarting"]}"""),
            DockerJsonContext.Default.IReadOnlyListContainerListResponse,
            CallTimeout,
            cancellationToken);

    /// <param name="idOrName">Id, beginning of an id, or name.</param>
    /// <param name="timeout">Instead of <see cref="CallTimeout"/>.</param>
    /// <returns>Null when there is no such container.</returns>
    public Task<ContainerInspectResponse?> InspectContainerAsync(string idOrName, CancellationToken cancellationToken, TimeSpan? timeout = null) =>
        CallOrNullAsync($"containers/{Uri.EscapeDataString(idOrName)}/json", DockerJsonContext.Default.ContainerInspectResponse, timeout ?? CallTimeout, cancellationToken);

    /// <returns>Null when there is no such network.</returns>
    public Task<NetworkResponse?> InspectNetworkAsync(string idOrName, CancellationToken cancellationToken) =>
        CallOrNullAsync($"networks/{Uri.EscapeDataString(idOrName)}", DockerJsonContext.Default.NetworkResponse, CallTimeout, cancellationToken);

    /// <summary>Subscribes to what happens to containers and their networks. Done when the Engine has taken the subscription.</summary>
    /// <param name="since">By the Engine's clock: also events since then that it still remembers. Null: only from now on.</param>
    public async Task<DockerEventStream> OpenEventsAsync(DateTimeOffset? since, CancellationToken cancellationToken)
    {
        const string Filters =
            """{"type":["container","network"],"event":["start","die","stop","kill","destroy","rename","pause","unpause","update","health_status","connect","disconnect"]}""";
        using var deadline = Deadline(ConnectTimeout, cancellationToken);
        try
        {
            var path = "events?filters=" + Uri.EscapeDataString(Filters)
                + (since is { } from ? FormattableString.Invariant($"&since={from.ToUnixTimeSeconds()}") : "");
            var response = await SendAsync(await PathPrefixAsync(deadline.Token) + path, deadline.Token);
            return new DockerEventStream(response, await response.Content.ReadAsStreamAsync(CancellationToken.None));
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw Explain(exception, ConnectTimeout);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T?> CallOrNullAsync<T>(string path, JsonTypeInfo<T> type, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await CallAsync(path, type, timeout, cancellationToken);
        }
        catch (DockerException exception) when (exception.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<T> CallAsync<T>(string path, JsonTypeInfo<T> type, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(timeout, cancellationToken);
        try
        {
            using var response = await SendAsync(await PathPrefixAsync(deadline.Token) + path, deadline.Token);
            return await ReadAsync(response, type, deadline.Token);
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw Explain(exception, timeout);
        }
    }

    private async ValueTask<string> PathPrefixAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _pathPrefix) is null)
        {
            await GetVersionAsync(cancellationToken);
        }

        return Volatile.Read(ref _pathPrefix) ?? "";
    }

    private async Task<HttpResponseMessage> SendAsync(string path, CancellationToken cancellationToken)
    {
        var response = await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await RefusalAsync(response, path, cancellationToken);
        }
    }

    private async Task<DockerException> RefusalAsync(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        var said = Printable.Text(MessageOf(body), 300);
        var call = path.Split('?')[0];
        if (response.StatusCode == HttpStatusCode.BadRequest && said.Contains("API version", StringComparison.Ordinal))
        {
            Volatile.Write(ref _pathPrefix, null);
        }

        var advice = response.StatusCode switch
        {
            HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized =>
                " A proxy in front of Docker's socket must allow VERSION, EVENTS, CONTAINERS and NETWORKS for reading.",
            HttpStatusCode.BadRequest when said.Contains("HTTPS server", StringComparison.Ordinal) =>
                " The Engine wants TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.",
            _ => "",
        };
        return new DockerException($"Docker answered {(int)response.StatusCode} to GET /{call}: {said}.{advice}") { StatusCode = response.StatusCode };
    }

    private static string MessageOf(string body)
    {
        try
        {
            return (JsonSerializer.Deserialize(body, DockerJsonContext.Default.ErrorResponse)?.Message ?? body).Trim();
        }
        catch (JsonException)
        {
            return body.Trim();
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(body, type, cancellationToken)
            ?? throw new JsonException("The answer is null.");
    }

    private DeadlineSource Deadline(TimeSpan timeout, CancellationToken cancellationToken) => new(timeout, _time, cancellationToken);

    private static bool IsFailure(Exception exception, CancellationToken caller) => exception switch
    {
        DockerException => false,
        OperationCanceledException => !caller.IsCancellationRequested,
        HttpRequestException or IOException or JsonException => true,
        _ => false,
    };

    private DockerException Explain(Exception exception, TimeSpan timeout) => exception switch
    {
        // The connector's own explanation, which the handler wraps.
        HttpRequestException { InnerException: DockerException inner } => inner,
        OperationCanceledException => new DockerException(
            FormattableString.Invariant($"The Docker Engine at {Endpoint} did not answer within {timeout.TotalSeconds:0.#} s. Check that it is healthy (docker ps) and that DOCKER_HOST is right."),
            exception),
        JsonException => new DockerException(
            $"What answers at {Endpoint} does not speak the Docker Engine API (its answer is not the JSON expected). Check DOCKER_HOST.", exception),
        _ => new DockerException(
            $"The connection to the Docker Engine at {Endpoint} broke: {Printable.Text(exception.Message, 300)} Check that it is running, and that DOCKER_HOST is right.",
            exception),
    };
}
