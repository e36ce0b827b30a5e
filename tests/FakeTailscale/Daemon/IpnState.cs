namespace FakeTailscale.Daemon;

/// <summary>States of the backend, numbered as on the bus.</summary>
internal enum IpnState
{
    NoState = 0,
    InUseOtherUser = 1,
    NeedsLogin = 2,
    NeedsMachineAuth = 3,
    Stopped = 4,
    Starting = 5,
    Running = 6,
}
