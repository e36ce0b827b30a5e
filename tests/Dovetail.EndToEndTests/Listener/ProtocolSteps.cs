using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>Lets the application go on only when the client has what it sent before: what is held back on the way is found out.</summary>
internal static class ProtocolSteps
{
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> All = new();

    /// <summary>A name for one exchange; goes into the query as <c>step</c>.</summary>
    public static string New() => Guid.NewGuid().ToString("N");

    /// <summary>The client has what was sent.</summary>
    public static void Take(string step) => Of(step).Release();

    /// <summary>Waits until the client has it.</summary>
    public static Task TakenAsync(HttpRequest request) => Of(request.Query["step"]!).WaitAsync(request.HttpContext.RequestAborted);

    private static SemaphoreSlim Of(string step) => All.GetOrAdd(step, _ => new SemaphoreSlim(0));
}
