using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>An application whose page tries in a browser what browsers can do, and reports how each went.</summary>
internal sealed class ChromiumSite
{
    private const int Rate = 8000;
    private const int Seconds = 1200;

    private readonly TaskCompletionSource<string> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the page has reported, a line for each thing that it tried.</summary>
    public Task<string> Result => _result.Task;

    public async Task AnswerAsync(HttpContext context)
    {
        var (request, response, gone) = (context.Request, context.Response, context.RequestAborted);
        switch (request.Path.Value)
        {
            case "/":
                response.ContentType = "text/html; charset=utf-8";
                await response.WriteAsync(Page, gone);
                break;
            case "/worker.js":
                response.ContentType = "text/javascript";
                await response.WriteAsync(Worker, gone);
                break;
            case "/ws":
                await EchoAsync(await context.WebSockets.AcceptWebSocketAsync(), gone);
                break;
            case "/events":
                response.ContentType = "text/event-stream";
                for (var i = 0; i < 5; i++)
                {
                    await response.WriteAsync($"data: {i.ToString(CultureInfo.InvariantCulture)}\n\n", gone);
                    await response.Body.FlushAsync(gone);
                }

                await Task.Delay(Timeout.Infinite, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case "/stream":
                await response.WriteAsync("first", gone);
                await response.Body.FlushAsync(gone);
                await _goOn.Task.WaitAsync(gone);
                await response.WriteAsync("last", gone);
                break;
            case "/go-on":
                _goOn.TrySetResult();
                break;
            case "/progress":
                _progress.TrySetResult();
                break;
            case "/upload":
                await response.WriteAsync((await CountAsync(request.Body, _progress.Task, gone)).ToString(CultureInfo.InvariantCulture), gone);
                break;
            case "/sound.wav":
                await Results.Bytes(Sound(), "audio/wav", enableRangeProcessing: true).ExecuteAsync(context);
                break;
            case "/result":
                using (var reader = new StreamReader(request.Body))
                {
                    _result.TrySetResult(await reader.ReadToEndAsync(gone));
                }

                break;
            case { } path when path.StartsWith("/asset/", StringComparison.Ordinal):
                await response.WriteAsync(path + new string('.', 10_000), gone);
                break;
            default:
                response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private static async Task EchoAsync(WebSocket socket, CancellationToken gone)
    {
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, gone) is { MessageType: not WebSocketMessageType.Close } received)
        {
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, gone);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, gone);
    }

    // Reads the most of it only when the page has seen a part of it go.
    private static async Task<long> CountAsync(Stream body, Task goOn, CancellationToken gone)
    {
        var (buffer, count) = (new byte[64 * 1024], 0L);
        while (await body.ReadAsync(buffer, gone) is var read and > 0)
        {
            count += read;
            await goOn.WaitAsync(gone);
        }

        return count;
    }

    // Twenty minutes of silence in 8 bits: more than a browser loads ahead.
    private static byte[] Sound()
    {
        var sound = new byte[44 + (Rate * Seconds)];
        using var writer = new BinaryWriter(new MemoryStream(sound), Encoding.ASCII);
        writer.Write("RIFF"u8);
        writer.Write(sound.Length - 8);
        writer.Write("WAVEfmt "u8);
        writer.Write(16);
        writer.Write((short)1);
        writer.Write((short)1);
        writer.Write(Rate);
        writer.Write(Rate);
        writer.Write((short)1);
        writer.Write((short)8);
        writer.Write("data"u8);
        writer.Write(sound.Length - 44);
        Array.Fill(sound, (byte)128, 44, sound.Length - 44);
        return sound;
    }

    private const string Worker = """
        addEventListener("install", () => skipWaiting());
        addEventListener("activate", event => event.waitUntil(clients.claim()));
        addEventListener("fetch", event => {
          if (new URL(event.request.url).pathname === "/from-worker") event.respondWith(new Response("made by the worker"));
        });
        """;

    private const string Page = """
        <!doctype html>
        <meta charset="utf-8">
        <title>siege</title>
        <script type="module">
        const within = (what, promise, most = 60000) => Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(what + " took too long"), most))]);
        const equal = (one, other) => { if (one !== other) throw `${one} in the place of ${other}`; };
        const tried = {
          async "200 assets"() {
            const texts = await Promise.all([...Array(200).keys()].map(i => fetch("/asset/" + i).then(answer => answer.text())));
            texts.forEach((text, i) => equal(text, "/asset/" + i + ".".repeat(10000)));
            const protocols = new Set(performance.getEntriesByType("resource").map(entry => entry.nextHopProtocol));
            equal([...protocols].join(), "h2");
          },
          async "30 WebSockets"() {
            const count = { opened: 0, echoed: 0, closed: 0 };
            const use = i => new Promise((done, fail) => {
              const socket = new WebSocket(`wss://${location.host}/ws`);
              socket.onerror = () => fail("a WebSocket failed");
              socket.onopen = () => { count.opened++; socket.send("message " + i); };
              socket.onmessage = event => { if (event.data !== "message " + i) fail(event.data); else if (++count.echoed === 30) sockets.forEach(one => one.close()); };
              socket.onclose = () => { count.closed++; done(); };
              sockets.push(socket);
            });
            const sockets = [];
            try { await within("30 WebSockets", Promise.all([...Array(30).keys()].map(use)), 30000); }
            catch (error) { throw `${error} ${JSON.stringify(count)}`; }
          },
          async "an event source"() {
            const seen = [];
            const source = new EventSource("/events");
            await new Promise((done, fail) => {
              source.onmessage = event => { if (seen.push(event.data) === 5) done(); };
              source.onerror = () => fail("the event source failed");
            });
            source.close();
            equal(seen.join(), "0,1,2,3,4");
          },
          async "a streaming fetch"() {
            const reader = (await fetch("/stream")).body.pipeThrough(new TextDecoderStream()).getReader();
            equal((await reader.read()).value, "first");
            await fetch("/go-on");
            equal((await reader.read()).value, "last");
            equal((await reader.read()).done, true);
          },
          async "an upload with progress"() {
            const request = new XMLHttpRequest();
            request.upload.onprogress = event => { if (event.loaded < event.total) fetch("/progress"); };
            request.open("POST", "/upload");
            await new Promise((done, fail) => { request.onload = done; request.onerror = () => fail("the upload failed"); request.send(new Uint8Array(60000000)); });
            equal(request.responseText, "60000000");
          },
          async "a range"() {
            const answer = await fetch("/sound.wav", { headers: { Range: "bytes=1000-1999" } });
            equal(answer.status, 206);
            equal(answer.headers.get("Content-Range"), "bytes 1000-1999/9600044");
            equal((await answer.arrayBuffer()).byteLength, 1000);
          },
          async "seeking in a sound"() {
            const sound = new Audio("/sound.wav");
            sound.preload = "metadata";
            await new Promise((done, fail) => { sound.onloadedmetadata = done; sound.onerror = () => fail("the sound did not load: " + sound.error.message); sound.load(); });
            equal(Math.round(sound.duration), 1200);
            for (const place of [1100, 3, 700]) {
              await new Promise(done => { sound.onseeked = done; sound.currentTime = place; });
              equal(Math.round(sound.currentTime), place);
            }
          },
          async "a service worker"() {
            await navigator.serviceWorker.register("/worker.js");
            await navigator.serviceWorker.ready;
            if (!navigator.serviceWorker.controller) await new Promise(done => navigator.serviceWorker.oncontrollerchange = done);
            equal(await (await fetch("/from-worker")).text(), "made by the worker");
          },
        };
        const lines = [];
        for (const [what, attempt] of Object.entries(tried)) {
          try { await within(what, attempt()); lines.push(what + ": ok"); }
          catch (error) { lines.push(`${what}: ${error}`); }
        }
        await fetch("/result", { method: "POST", body: lines.join("\n") });
        </script>
        """;
}
