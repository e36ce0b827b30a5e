using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// A real Chromium on a peer of the tailnet, with one page, driven by its own DevTools protocol. It notes every error of scripts, of the
/// content security policy and of what the page loads.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // An interface of the machine came or went, as with each container: Chromium then ends what it loads, whatever the page does.
    private const string NetworkChanged = "net::ERR_NETWORK_CHANGED";
    private const string NetworkChangedPage =
        "location.protocol === 'chrome-error:' && document.documentElement.textContent.includes('ERR_NETWORK_CHANGED')";

    private readonly BackgroundProcess _chromium;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _calls = [];
    private readonly ConcurrentQueue<string> _errors = [];
    private readonly CancellationTokenSource _end = new();
    private Task _receiving = Task.CompletedTask;
    private int _lastCall;
    private int _networkChanges;
    private string _url = "about:blank";

    private Browser(BackgroundProcess chromium) => _chromium = chromium;

    /// <summary>Where Debian has it.</summary>
    private static string Program => TestSettings.Chromium ?? "";

    /// <summary>What went wrong in the page so far.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <param name="peer">Whose device it runs on; names are resolved by the tailnet.</param>
    public static async Task<Browser> StartAsync(TailnetPeer peer, TestDirectory directory, CancellationToken cancellation)
    {
        Assert.SkipUnless(Program.Length > 0, "chromium (Debian: chromium) is not installed; DOVETAIL_TEST_CHROMIUM names another.");
        var profile = directory[$"chromium-{Guid.NewGuid():N}"];
        var browser = new Browser(new BackgroundProcess(
            Program,
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                // The tailnet's certificate authority is the test's own, and Chromium takes another from its profile only.
                "--ignore-certificate-errors",
                $"--proxy-server=socks5://{peer.Socks}", $"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank",
            ],
            new Dictionary<string, string?>()));
        try
        {
            await browser.ConnectAsync(Path.Combine(profile, "DevToolsActivePort"), cancellation);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>The size of the window in CSS pixels, and whether the visitor prefers dark.</summary>
    public async Task SetScreenAsync(int width, bool isDark)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject
        {
            ["width"] = width,
            ["height"] = 900,
            ["deviceScaleFactor"] = 1,
            ["mobile"] = width < 600,
        });
        await CallAsync("Emulation.setEmulatedMedia", new JsonObject
        {
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = isDark ? "dark" : "light" }),
        });
    }

    public Task AllowScriptsAsync(bool allowed) =>
        CallAsync("Emulation.setScriptExecutionDisabled", new JsonObject { ["value"] = !allowed });

    /// <summary>Opens a page, and waits until it is there as a whole.</summary>
    public async Task GoAsync(string url)
    {
        _url = url;
        for (var isWhole = false; !isWhole;)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var before = Volatile.Read(ref _networkChanges);
            var navigated = await CallAsync("Page.navigate", new JsonObject { ["url"] = url });
            var failure = navigated["errorText"]?.GetValue<string>();
            Assert.True(failure is null or NetworkChanged, $"{url}: {failure}");
            await UntilAsync("document.readyState === 'complete'");
            isWhole = failure is null && Volatile.Read(ref _networkChanges) == before;
        }

        Assert.Equal(url, await EvaluateAsync("location.href"));
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<string> EvaluateAsync(string expression)
    {
        var answer = await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = $"String({expression})" });
        return answer["exceptionDetails"] is { } broken
            ? throw new InvalidOperationException($"{expression}: {broken}")
            : answer["result"]!["value"]!.GetValue<string>();
    }

    public Task UntilAsync(string condition) => Eventually.GetAsync(
        async _ =>
        {
            var value = await EvaluateAsync(condition);
            if (value != "true" && await EvaluateAsync(NetworkChangedPage) == "true")
            {
                // The page was just loading itself anew.
                await CallAsync("Page.navigate", new JsonObject { ["url"] = _url });
            }

            return value;
        },
        static value => value == "true",
        condition);

    /// <summary>Presses a key as a person does.</summary>
    public async Task PressAsync(string key)
    {
        var code = key switch { "Tab" => 9, "Enter" => 13, _ => throw new ArgumentOutOfRangeException(nameof(key)) };
        foreach (var kind in (string[])["keyDown", "keyUp"])
        {
            var press = new JsonObject { ["type"] = kind, ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
            if (key == "Enter" && kind == "keyDown")
            {
                press["text"] = "\r";
            }

            await CallAsync("Input.dispatchKeyEvent", press);
        }
    }

    /// <summary>Presses Tab until the element of that id has the focus.</summary>
    public async Task TabToAsync(string id)
    {
        for (var presses = 0; presses < 50; presses++)
        {
            await PressAsync("Tab");
            if (await EvaluateAsync("document.activeElement.id") == id)
            {
                return;
            }
        }

        Assert.Fail($"#{id} is not reached by 50 presses of Tab.");
    }

    /// <summary>The whole page as a PNG.</summary>
    public async Task<byte[]> ScreenshotAsync() => Convert.FromBase64String(
        (await CallAsync("Page.captureScreenshot", new JsonObject { ["captureBeyondViewport"] = true }))["data"]!.GetValue<string>());

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        await _chromium.DisposeAsync();
        _end.Dispose();
    }

    private async Task ConnectAsync(string portFile, CancellationToken cancellation)
    {
        var port = await Eventually.GetAsync(
            async token => (await File.ReadAllLinesAsync(portFile, token))[0], static port => port.Length > 0, "Chromium to say its port");
        using var http = new HttpClient();
        var pages = JsonNode.Parse(await http.GetStringAsync($"http://127.0.0.1:{port}/json/list", cancellation))!.AsArray();
        var page = pages.First(page => page!["type"]!.GetValue<string>() == "page")!;
        await _socket.ConnectAsync(new Uri(page["webSocketDebuggerUrl"]!.GetValue<string>()), cancellation);
        _receiving = ReceiveAsync();
        foreach (var domain in (string[])["Page", "Runtime", "Log"])
        {
            await CallAsync($"{domain}.enable", []);
        }
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var answer = _calls[id] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        return await answer.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer, _end.Token);
            await message.WriteAsync(buffer.AsMemory(0, part.Count), _end.Token);
            if (part.EndOfMessage)
            {
                Handle(JsonNode.Parse(message.ToArray())!);
                message.SetLength(0);
            }
        }
    }

    private void Handle(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (message["error"] is { } error)
            {
                _calls[id.GetValue<int>()].TrySetException(new InvalidOperationException(error.ToJsonString()));
            }
            else
            {
                _calls[id.GetValue<int>()].TrySetResult(message["result"]!);
            }

            return;
        }

        var about = message["params"]!;
        var isError = message["method"]!.GetValue<string>() switch
        {
            "Runtime.exceptionThrown" => true,
            "Runtime.consoleAPICalled" => about["type"]!.GetValue<string>() == "error",
            "Log.entryAdded" => about["entry"]!["level"]!.GetValue<string>() == "error",
            _ => false,
        };
        if (isError && about["entry"]?["text"]?.GetValue<string>().Contains(NetworkChanged, StringComparison.Ordinal) == true)
        {
            Interlocked.Increment(ref _networkChanges);
        }
        else if (isError)
        {
            _errors.Enqueue(about.ToJsonString());
        }
    }
}
