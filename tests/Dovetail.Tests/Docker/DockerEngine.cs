using System.Diagnostics;
using System.Formats.Tar;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dovetail.Docker;

[assembly: AssemblyFixture(typeof(Dovetail.Tests.Docker.DockerEngine))]

namespace Dovetail.Tests.Docker;

/// <summary>
/// The real Docker Engine of the test run, with one small image in it. Tests share the Engine with one another and with other test
/// processes: each makes containers under names and labels of its own, and all that is made here is removed in the end.
/// </summary>
public sealed class DockerEngine : IAsyncDisposable
{
    private const string Variable = "DOVETAIL_TEST_DOCKER_HOST";

    private readonly Lazy<Task<string>> _image;
    private readonly List<string> _containers = [];
    private readonly List<string> _networks = [];
    private HttpClient? _http;

    public DockerEngine() => _image = new(ImportImageAsync);

    internal static DockerEndpoint Endpoint
    {
        get
        {
            var host = Environment.GetEnvironmentVariable(Variable);
            Assert.False(string.IsNullOrEmpty(host), $"{Variable} is not set. These tests need a real Docker Engine: set it to its address, such as unix:///var/run/docker.sock.");
            var (endpoint, errors) = DockerEndpoint.Parse(host, null, null);
            Assert.True(endpoint is not null, $"{Variable}: {string.Join(" ", errors)}");
            return endpoint;
        }
    }

    private HttpClient Http => LazyInitializer.EnsureInitialized(ref _http, () =>
    {
        var connector = new DockerConnector(Endpoint);
        return new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => connector.ConnectAsync(cancellationToken), UseProxy = false })
        {
            BaseAddress = new Uri("http://docker/v1.41/"),
        };
    });

    /// <summary>A name that nothing else has.</summary>
    public static string Unique(string name) => $"dvt-{name}-{Guid.NewGuid():N}"[..(name.Length + 17)];

    /// <summary>Creates and starts a container that serves its own name over HTTP on port 80.</summary>
    /// <param name="settings">Changes to the request that creates it.</param>
    /// <returns>Its id.</returns>
    public async Task<string> RunAsync(string name, IReadOnlyDictionary<string, string> labels, Action<JsonObject>? settings = null)
    {
        var request = new JsonObject
        {
            ["Image"] = await _image.Value,
            ["Cmd"] = new JsonArray("/bin/busybox", "sh", "-c", "mkdir -p /www && hostname > /www/index.html && exec httpd -f -p 80 -h /www"),
            ["Hostname"] = name,
            ["Labels"] = new JsonObject(labels.Select(label => KeyValuePair.Create<string, JsonNode?>(label.Key, label.Value))),
            ["StopSignal"] = "SIGKILL",
            ["HostConfig"] = new JsonObject(),
        };
        settings?.Invoke(request);
        if (request["HostConfig"]!["NetworkMode"]?.GetValue<string>().StartsWith("container:", StringComparison.Ordinal) == true)
        {
            request.Remove("Hostname");
        }

        var created = await PostAsync($"containers/create?name={name}", request);
        var id = created["Id"]!.GetValue<string>();
        lock (_containers)
        {
            _containers.Add(id);
        }

        await PostAsync($"containers/{id}/start");
        return id;
    }

    public async Task<string> CreateNetworkAsync(string name)
    {
        var id = (await PostAsync("networks/create", new JsonObject { ["Name"] = name, ["CheckDuplicate"] = true }))["Id"]!.GetValue<string>();
        lock (_networks)
        {
            _networks.Add(id);
        }

        return id;
    }

    public async Task<JsonNode> PostAsync(string path, JsonNode? body = null)
    {
        using var response = await Http.PostAsync(new Uri(path, UriKind.Relative), body is null ? null : JsonContent.Create(body));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"POST {path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
    }

    public async Task RemoveAsync(string id)
    {
        using var response = await Http.DeleteAsync(new Uri($"containers/{id}?force=1", UriKind.Relative));
    }

    public async ValueTask DisposeAsync()
    {
        if (_http is null)
        {
            return;
        }

        foreach (var container in _containers)
        {
            await RemoveAsync(container);
        }

        foreach (var network in _networks)
        {
            using var response = await _http.DeleteAsync(new Uri($"networks/{network}", UriKind.Relative));
        }

        if (_image.IsValueCreated && _image.Value.IsCompletedSuccessfully)
        {
            using var response = await _http.DeleteAsync(new Uri($"images/{await _image.Value}?force=1", UriKind.Relative));
        }

        _http.Dispose();
    }

    private async Task<string> ImportImageAsync()
    {
        const string Busybox = "/bin/busybox";
        Assert.True(File.Exists(Busybox), $"{Busybox} is missing: install busybox-static, of which the test image is made.");
        using var archive = new MemoryStream();
        await using (var tar = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var folder in new[] { "bin/", "tmp/" })
            {
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, folder));
            }

            await tar.WriteEntryAsync(Busybox, "bin/busybox");
        }

        archive.Position = 0;
        var name = $"dovetail-unit-test:{Environment.ProcessId}-{Stopwatch.GetTimestamp():x}";
        using var content = new StreamContent(archive);
        using var response = await Http.PostAsync(new Uri($"images/create?fromSrc=-&repo={name.Split(':')[0]}&tag={name.Split(':')[1]}", UriKind.Relative), content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        await response.Content.ReadAsStringAsync();
        return name;
    }
}
