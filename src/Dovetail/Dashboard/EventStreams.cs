using System.Text;
using Microsoft.Extensions.Primitives;

namespace Dovetail.Dashboard;

/// <summary>
/// Sends the middle of a page whenever it has changed (server-sent events). Nothing runs while nobody looks: each open page asks for itself.
/// </summary>
internal sealed class EventStreams(DashboardView view, TimeProvider time)
{
    /// <summary>How many pages may be followed at a time.</summary>
    public const int MaxStreams = 64;

    /// <summary>How many of them by one visitor, so that nobody keeps the others from following.</summary>
    public const int MaxOfVisitor = 16;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    // Browsers connect again by themselves; then it is looked anew who the visitor is, and what they may see.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>Sends until the visitor leaves, the listener stops, or the stream is old.</summary>
    /// <returns>False: too many are open, and nothing was sent.</returns>
    public async Task<bool> TrySendAsync(HttpContext context, string path, Visitor visitor, CancellationToken stopping)
    {
        if (!TryEnter(visitor.Name))
        {
            return false;
        }

        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await SendAsync(context, path, visitor, end.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The listener stops: a clean end.
        }
        finally
        {
            Leave(visitor.Name);
        }

        return true;
    }

    private bool TryEnter(string name)
    {
        lock (_lock)
        {
            var own = _open.GetValueOrDefault(name);
            if (own == MaxOfVisitor || _open.Values.Sum() == MaxStreams)
            {
                return false;
            }

            _open[name] = own + 1;
            return true;
        }
    }

    private void Leave(string name)
    {
        lock (_lock)
        {
            if (--_open[name] == 0)
            {
                _open.Remove(name);
            }
        }
    }

    private async Task SendAsync(HttpContext context, string path, Visitor visitor, CancellationToken cancellationToken)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        await WriteAsync(context, "retry: 2000\n\n", cancellationToken);
        var (begun, written, last) = (time.GetTimestamp(), time.GetTimestamp(), "");
        while (time.GetElapsedTime(begun) < Lifetime)
        {
            var main = view.PageOf(path, visitor).Main.ToString();
            if (main != last)
            {
                await WriteAsync(context, EventOf(main), cancellationToken);
                (last, written) = (main, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(written) >= Heartbeat)
            {
                // So that a visitor who vanished is noticed.
                await WriteAsync(context, ":\n\n", cancellationToken);
                written = time.GetTimestamp();
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    // Texts hold no line ends but those that the pages put there.
    private static string EventOf(string main)
    {
        var text = new StringBuilder("event: main\n");
        foreach (var line in new StringTokenizer(main, ['\n']))
        {
            text.Append("data: ").Append(line.AsSpan()).Append('\n');
        }

        return text.Append('\n').ToString();
    }

    private static async Task WriteAsync(HttpContext context, string text, CancellationToken cancellationToken)
    {
        await context.Response.WriteAsync(text, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }
}
