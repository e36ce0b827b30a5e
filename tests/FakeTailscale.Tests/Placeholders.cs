using System.Text.RegularExpressions;

namespace FakeTailscale.Tests;

/// <summary>
/// Puts this machine's paths and addresses in the place of the recorded ones, and takes out of texts what differs from run to run.
/// </summary>
internal sealed partial class Placeholders(StandInBench bench)
{
    private (string Recorded, string Here)[] Pairs =>
    [
        ("/usr/bin/", bench.Binaries + "/"),
        ("/run/dovetail/secrets/", bench.Secrets + "/"),
        ("/run/dovetail/", bench.Run + "/"),
        ("/var/lib/dovetail/nodes", bench.States),
        ("/var/lib/dovetail/", bench.Root + "/"),
        ("http://127.0.0.1:9931", bench.Control.Url),
    ];

    public string Fill(string recorded)
    {
        string text = recorded;
        foreach ((string there, string here) in Pairs)
        {
            text = text.Replace(there, here, StringComparison.Ordinal);
        }

        return text;
    }

    public string Normalise(string text)
    {
        foreach ((string there, string here) in Pairs)
        {
            text = text.Replace(here, there, StringComparison.Ordinal);
        }

        text = Time().Replace(text, "TIME ");
        text = LoginUrl().Replace(text, "/auth/ID");
        text = Temporary().Replace(text, ".tmpN");
        text = Process().Replace(text, "pid N");
        text = Address4().Replace(text, "100.64.0.N");
        text = Address6().Replace(text, "fd7a:115c:a1e0:ab12:4843:cd96:6240:N");
        text = AcmeAddress().Replace(text, "127.0.0.1:ACME");
        text = Key().Replace(text, "API key ID not valid");
        text = User().Replace(text, "user-N@");
        text = Node().Replace(text, "TESTCTRLN");
        text = LogId().Replace(text, "LogID: ID");
        text = Routine().Replace(text, "");
        return Blanks().Replace(text, "\n");
    }

    /// <summary>The node that a command talks to.</summary>
    public static string? NodeName(IEnumerable<string> words) =>
        words.FirstOrDefault(
            static word =>
                word.StartsWith("--socket=/run/dovetail/", StringComparison.Ordinal))?["--socket=/run/dovetail/".Length..^".sock".Length];

    [GeneratedRegex(@"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")]
    private static partial Regex Time();

    [GeneratedRegex(@"/auth/[0-9a-f]+")]
    private static partial Regex LoginUrl();

    [GeneratedRegex(@"\.tmp\d+")]
    private static partial Regex Temporary();

    [GeneratedRegex(@"pid \d+")]
    private static partial Regex Process();

    [GeneratedRegex(@"100\.64\.0\.\d+")]
    private static partial Regex Address4();

    [GeneratedRegex(@"fd7a:115c:a1e0:ab12:4843:cd96:6240:[0-9a-f]+")]
    private static partial Regex Address6();

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)(?=/directory|: connect)")]
    private static partial Regex AcmeAddress();

    [GeneratedRegex(@"API key \S+ not valid")]
    private static partial Regex Key();

    [GeneratedRegex(@"user-\d+@")]
    private static partial Regex User();

    [GeneratedRegex(@"TESTCTRL[0-9a-f]{8}")]
    private static partial Regex Node();

    [GeneratedRegex(@"LogID: [0-9a-f]+")]
    private static partial Regex LogId();

    // Start-up lines about the host's DNS and the log's own configuration, which the stand-in does not write.
    [GeneratedRegex(@"(?m)^(TIME (dns: |logpolicy)|logpolicy).*\n")]
    private static partial Regex Routine();

    [GeneratedRegex(@"[ \t]+\n")]
    private static partial Regex Blanks();
}
