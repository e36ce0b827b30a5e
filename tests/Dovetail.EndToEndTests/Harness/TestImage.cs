namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// The image of the test containers: a static busybox whose web server serves one page and echoes requests. It answers on port 80,
/// and 300 ms after its start at the latest.
/// </summary>
internal static class TestImage
{
    /// <summary>Answers with the request as it arrived; see <see cref="EchoedRequest"/>.</summary>
    public const string EchoPath = "/cgi-bin/echo";

    private const string EchoScript =
        """
        #!/bin/sh
        length=$(wc -c)
        printf 'Content-Type: text/plain\r\n\r\n'
        printf 'BODY_LENGTH=%s\nCONTAINER=%s\n' "$length" "$(hostname)"
        env

        """;

    /// <summary>
    /// What the container's front page says; names the container and its greeting (environment variable <c>GREETING</c>).
    /// </summary>
    private const string Start = "echo \"$GREETING from $(hostname)\" > /www/index.html; exec httpd -f -p 80 -h /www";

    public static async Task ImportAsync(Engine engine, string tag, CancellationToken cancellation) =>
        await engine.ImportAsync(
            tag,
            ["EXPOSE 80", $"CMD [\"sh\", \"-c\", {System.Text.Json.JsonSerializer.Serialize(Start)}]"],
            async archive =>
            {
                await archive.AddSkeletonAsync(cancellation);
                await archive.AddBusyboxAsync(["sh", "env", "hostname", "httpd", "sleep", "wc"], cancellation);
                await archive.AddDirectoryAsync("www", cancellation);
                await archive.AddDirectoryAsync("www/cgi-bin", cancellation);
                await archive.AddTextAsync("www" + EchoPath, EchoScript, cancellation);
                await archive.AddTextAsync("pause", "#!/bin/sh\nexec sleep 100000\n", cancellation);
            },
            cancellation);
}
