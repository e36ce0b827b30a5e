using FakeTailscale.Daemon;

namespace FakeTailscale.Control;

/// <summary>A login that somebody has to complete.</summary>
internal sealed class LoginRecord(RegisterRequest request)
{
    public RegisterRequest Request => request;

    /// <summary>Done with the login name; null for a new user.</summary>
    public TaskCompletionSource<string?> Completed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
