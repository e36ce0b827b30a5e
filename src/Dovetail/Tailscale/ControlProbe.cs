namespace Dovetail.Tailscale;

/// <summary>Finds out whether a control server answers at all, which tailscaled does not tell apart from not answering this node.</summary>
internal interface IControlProbe
{
    /// <param name="controlUrl">Base URL of the control server.</param>
    /// <returns>False when nothing answers within 5 s, or something that is in trouble itself.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<bool> AnswersAsync(string controlUrl, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IControlProbe"/>
internal sealed class ControlProbe : IControlProbe, IDisposable
{
    // What every client asks first; only whether it is answered matters.
    private const string Path = "key?v=133";

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    public async Task<bool> AnswersAsync(string controlUrl, CancellationToken cancellationToken)
    {
        try
        {
            var url = $"{controlUrl.TrimEnd('/')}/{Path}";
            using var answer = await _http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (int)answer.StatusCode < StatusCodes.Status500InternalServerError;
        }
        catch (Exception silent)
            when (!cancellationToken.IsCancellationRequested && silent is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();
}
