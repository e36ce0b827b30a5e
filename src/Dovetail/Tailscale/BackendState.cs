namespace Dovetail.Tailscale;

/// <summary>State of tailscaled's backend; the numbers are those of the bus (<c>04-bus/</c>), the names those of the status document.</summary>
internal enum BackendState
{
    NoState = 0,
    InUseOtherUser = 1,
    NeedsLogin = 2,
    NeedsMachineAuth = 3,
    Stopped = 4,
    Starting = 5,
    Running = 6,
}
