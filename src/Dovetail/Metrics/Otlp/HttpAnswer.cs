using System.Globalization;
using System.Net;
using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>What an answer by OTLP/HTTP means (OTLP specification, "OTLP/HTTP Response").</summary>
internal static class HttpAnswer
{
    private const string Protobuf = "application/x-protobuf";

    public static OtlpAnswer Of(HttpResponseMessage response, ReadOnlySpan<byte> body, TimeProvider time)
    {
        var isProtobuf = response.Content.Headers.ContentType?.MediaType == Protobuf;
        if (response.IsSuccessStatusCode)
        {
            return new OtlpAnswer(OtlpVerdict.Taken, isProtobuf ? OtlpStatus.PartialSuccess(body) : null);
        }

        var said = isProtobuf ? OtlpStatus.Message(body, out _) : null;
        var reason = string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)response.StatusCode}{(said is null ? "" : $": {said}")}");
        return response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
                ? new OtlpAnswer(OtlpVerdict.Later, reason, RetryAfter.Of(response, time))
                : new OtlpAnswer(OtlpVerdict.Refused, reason);
    }
}
