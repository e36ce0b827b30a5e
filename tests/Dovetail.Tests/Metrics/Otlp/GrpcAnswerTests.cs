using System.Net;
using Dovetail.Metrics.Otlp;

namespace Dovetail.Tests.Metrics.Otlp;

/// <summary>The tables of the OTLP specification, "OTLP/gRPC Response", and of gRPC for answers that are none of its own.</summary>
public sealed class GrpcAnswerTests
{
    // google.rpc.Status with code 8, message "full" and a google.rpc.RetryInfo of 30 s.
    private const string Details =
        "CAgSBGZ1bGwaMAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIECgIIHg";

    [Theory]
    [InlineData("0", "Taken")]
    [InlineData("1", "Later")]
    [InlineData("2", "Refused")]
    [InlineData("3", "Refused")]
    [InlineData("4", "Later")]
    [InlineData("5", "Refused")]
    [InlineData("7", "Refused")]
    [InlineData("8", "Refused")]
    [InlineData("10", "Later")]
    [InlineData("11", "Later")]
    [InlineData("12", "Refused")]
    [InlineData("13", "Refused")]
    [InlineData("14", "Later")]
    [InlineData("15", "Later")]
    [InlineData("16", "Refused")]
    [InlineData("nonsense", "Refused")]
    public void A_status_says_what_became_of_it(string status, string verdict)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.OK);
        response.TrailingHeaders.Add("grpc-status", status);

        Assert.Equal(verdict, GrpcAnswer.Of(response, default).Verdict.ToString());
    }

    [Theory]
    [InlineData(200, "Refused")]
    [InlineData(404, "Refused")]
    [InlineData(429, "Later")]
    [InlineData(502, "Later")]
    [InlineData(503, "Later")]
    [InlineData(504, "Later")]
    public void Without_one_that_of_HTTP_counts(int status, string verdict)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)status);

        Assert.Equal(verdict, GrpcAnswer.Of(response, default).Verdict.ToString());
    }

    [Fact]
    public void What_is_exhausted_may_be_tried_again_when_it_is_said_when()
    {
        using var response = new HttpResponseMessage(HttpStatusCode.OK);
        response.Headers.Add("grpc-status", "8");
        response.Headers.Add("grpc-message", "over%20quota%1b");
        response.Headers.Add("grpc-status-details-bin", Details);

        var answer = GrpcAnswer.Of(response, default);
        Assert.Equal((OtlpVerdict.Later, TimeSpan.FromSeconds(30)), (answer.Verdict, answer.After!.Value));
        Assert.Equal("gRPC status 8: \"over quota\\u{1B}\"", answer.Reason);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 10, 7, 8, 3, 18, 3, 111, 108, 100 }, "it left out 3 values: \"old\"")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0 }, null)]
    [InlineData(new byte[] { 0, 255, 255, 255, 255, 1 }, null)]
    [InlineData(new byte[] { 1, 0, 0 }, null)]
    public void A_message_may_say_what_was_left_out(byte[] body, string? reason)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.OK);
        response.TrailingHeaders.Add("grpc-status", "0");

        Assert.Equal(new OtlpAnswer(OtlpVerdict.Taken, reason), GrpcAnswer.Of(response, body));
    }
}
