namespace Dovetail.EndToEndTests.Harness;

/// <summary>The other tests believe what the test container says; this one checks it without Dovetail between.</summary>
public sealed class TestContainerTests(Engine engine)
{
    [Fact(Timeout = 300_000)]
    public async Task The_test_container_echoes_the_request_that_it_got()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var container = await engine.RunContainerAsync(
            new Dictionary<string, string>(), "Good morning", cancellation: cancellation);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{await container.AddressAsync(cancellation)}") };

        var page = await Eventually.GetAsync(
            token => client.GetStringAsync("/", token), _ => true, "the page");
        using var request =
            new HttpRequestMessage(HttpMethod.Post, TestImage.EchoPath) { Content = new ByteArrayContent(new byte[123_456]) };
        request.Headers.Add("X-Some-Header", "some = value");
        using var response = await client.SendAsync(request, cancellation);
        var echo = EchoedRequest.Parse(await response.Content.ReadAsStringAsync(cancellation));

        Assert.Equal($"Good morning from {container.HostName}", page.Trim());
        Assert.Equal("some = value", echo.Header("x-some-header"));
        Assert.Equal(123_456, echo.BodyLength);
        Assert.Equal(container.HostName, echo.Container);
        Assert.Null(echo.Header("Tailscale-User-Login"));
    }
}
