using System.Globalization;
using System.Text;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>
/// The daemon's log: lines on stderr, written at once and blocking, so that a parent which does not drain the pipe stops the daemon as it
/// stops the real one (recorded).
/// </summary>
internal static class DaemonLog
{
    private static readonly Lock Gate = new();
    private static int _noise = Knobs.StderrNoise;

    /// <summary>A line with its time, in local time.</summary>
    public static void Line(string text) =>
        Raw(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetLocalNow():yyyy/MM/dd HH:mm:ss} {text}"));

    /// <summary>A line without a time.</summary>
    public static void Raw(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes(text + "\n");
        lock (Gate)
        {
            Native.WriteAll(2, line);
        }
    }

    /// <summary>Spends a share of the noise of a start and login in plausible lines.</summary>
    public static void Noise(double share)
    {
        int wanted = Math.Min((int)(Knobs.StderrNoise * share), Interlocked.CompareExchange(ref _noise, 0, 0));
        Interlocked.Add(ref _noise, -wanted);
        string peers = string.Join(' ', Enumerable.Range(1, 12).Select(static number => $"derp{number}=cr0s,wr0s"));
        string line =
            "[v1] netcheck: report: udp=true v6=false v6os=true mapvarydest= portmap= v4a=127.0.0.1:41641 derp=1 derpdist=1v4:0s "
                + $"magicsock: active derp conns: {peers} netmap: suggested exit node: no preferred DERP, try again later";
        for (int written = 0; written < wanted; written += line.Length + 21)
        {
            Line(line);
        }
    }
}
