using System.Net;
using System.Text.Json;
using Docker.DotNet.Handler.Abstractions;
using Dovetail.Common;

namespace Dovetail.Docker;

/// <summary>
/// Stands between Docker.DotNet and the connection: asks in the API version that was negotiated, refuses what is no success, and passes
/// on only the fields that are read. (An auth provider is the one place that Docker.DotNet has for a handler of the caller's.)
/// </summary>
internal sealed class EngineHandler : DelegatingHandler, IAuthProvider
{
    /// <summary>The largest answer that is read, in bytes: many thousands of containers.</summary>
    public const int MaxAnswer = 64 << 20;

    private const int MaxRefusal = 64 << 10;
    private const string VersionCall = "/version";
    private const string EventsCall = "/events";

    // Null before the negotiation, and again after the Engine refused the version.
    private string? _version;

    // The connector brings the TLS; to HTTP the Engine is plain.
    bool IAuthProvider.TlsEnabled => false;

    /// <summary>The version that the calls are made in; null: it has to be negotiated.</summary>
    public string? Version
    {
        get => Volatile.Read(ref _version);
        set => Volatile.Write(ref _version, value);
    }

    /// <summary>The Engine's time in its last answer to <c>GET /version</c>, to the second; null when it did not say.</summary>
    public DateTimeOffset? Clock { get; private set; }

    /// <summary>Whether the last answer to <c>GET /version</c> was Podman's, which names its own API in each answer.</summary>
    public bool IsPodman { get; private set; }

    HttpMessageHandler IAuthProvider.ConfigureHandler(HttpMessageHandler handler)
    {
        InnerHandler = handler;
        return this;
    }

    /// <exception cref="DockerException">The Engine refused the call.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A version is asked for without one; a proxy in front of the Engine may demand it of all else.
        var call = request.RequestUri!.AbsolutePath;
        if (call != VersionCall && Version is { } version)
        {
            request.RequestUri = new Uri(request.RequestUri, $"/v{version}{request.RequestUri.PathAndQuery}");
        }

        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            // Docker.DotNet takes a redirect for a success, and reads the body of a refusal without a deadline.
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, request, cancellationToken);
            }

            if (call == VersionCall)
            {
                Clock = response.Headers.Date;
                IsPodman = response.Headers.Contains("Libpod-API-Version");
            }

            if (request.Method != HttpMethod.Get)
            {
                // That it was done is all there is to know of an order.
                response.Content.Dispose();
                response.Content = new ByteArrayContent([]);
            }
            else if (call != EventsCall)
            {
                response.Content = await TakeAsync(response.Content, FieldsOf(call), cancellationToken);
            }

            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static AnswerFields FieldsOf(string call) => call.Split('/') switch
    {
        [_, "version"] => AnswerFields.Version,
        [_, "containers", "json"] => AnswerFields.ContainerList,
        [_, "containers", ..] => AnswerFields.Container,
        [_, "networks"] => AnswerFields.Network,
        [_, "info"] => AnswerFields.Info,
        [_, "services"] => AnswerFields.Services,
        [_, "tasks"] => AnswerFields.Tasks,
        _ => throw new InvalidOperationException($"No fields are named for {call}."),
    };

    private static async Task<HttpContent> TakeAsync(HttpContent content, AnswerFields fields, CancellationToken cancellationToken)
    {
        using (content)
        {
            await content.LoadIntoBufferAsync(MaxAnswer, cancellationToken);
            await using var body = await content.ReadAsStreamAsync(cancellationToken);
            using var answer = await JsonDocument.ParseAsync(body, default, cancellationToken);
            return new ByteArrayContent(fields.Take(answer.RootElement));
        }
    }

    private async Task<DockerException> RefusalAsync(
        HttpResponseMessage response, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MaxRefusal, cancellationToken);
        var said = Printable.Text(MessageOf(await response.Content.ReadAsStringAsync(cancellationToken)), 300);
        if (response.StatusCode == HttpStatusCode.BadRequest && said.Contains("API version", StringComparison.Ordinal))
        {
            Version = null;
        }

        var advice = response.StatusCode switch
        {
            HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized when request.Method != HttpMethod.Get =>
                " A proxy in front of Docker's socket must allow to start and stop containers, with ALLOW_START=1 and ALLOW_STOP=1.",
            HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized =>
                " A proxy in front of Docker's socket must allow VERSION, EVENTS, CONTAINERS and NETWORKS for reading, "
                + "and in a swarm INFO, SERVICES and TASKS.",
            HttpStatusCode.BadRequest when said.Contains("HTTPS server", StringComparison.Ordinal) =>
                " The Engine wants TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.",
            _ => "",
        };
        var call = $"{request.Method} {request.RequestUri!.AbsolutePath}";
        return new DockerException($"Docker answered {(int)response.StatusCode} to {call}: {said}.{advice}")
        {
            StatusCode = response.StatusCode,
        };
    }

    // Docker.DotNet has no model of {"message":"…"}.
    private static string MessageOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("message", out var message)
                && message.ValueKind == JsonValueKind.String
                ? message.GetString()!.Trim()
                : body.Trim();
        }
        catch (JsonException)
        {
            return body.Trim();
        }
    }
}
