using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Dovetail.Metrics.Otlp;

/// <summary>What an answer by OTLP/gRPC means (OTLP specification, "OTLP/gRPC Response"; gRPC over HTTP/2).</summary>
internal static class GrpcAnswer
{
    private const int Ok = 0;
    private const int ResourceExhausted = 8;
    private const int Unavailable = 14;

    // Length of the frame's head: whether it is compressed, and the length of the message.
    private const int Head = 5;

    // CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS.
    private static readonly int[] Retryable = [1, 4, 10, 11, Unavailable, 15];

    public static OtlpAnswer Of(HttpResponseMessage response, ReadOnlySpan<byte> body)
    {
        var status = StatusOf(response);
        if (status == Ok)
        {
            return new OtlpAnswer(OtlpVerdict.Taken, OtlpStatus.PartialSuccess(MessageIn(body)));
        }

        TimeSpan? after = null;
        var said = OtlpStatus.Shown(Uri.UnescapeDataString(Trailer(response, "grpc-message") ?? ""));
        if (Details(response) is { } details)
        {
            var detailed = OtlpStatus.Message(details, out after);
            said ??= detailed;
        }

        var reason = string.Create(CultureInfo.InvariantCulture, $"gRPC status {status}{(said is null ? "" : $": {said}")}");
        var mayRetry = Retryable.Contains(status) || (status == ResourceExhausted && after is not null);
        return mayRetry ? new OtlpAnswer(OtlpVerdict.Later, reason, after) : new OtlpAnswer(OtlpVerdict.Refused, reason);
    }

    // Without a status of gRPC that of HTTP counts (gRPC, "HTTP to gRPC Status Code Mapping").
    private static int StatusOf(HttpResponseMessage response)
    {
        const int unknown = 2;
        const int permissionDenied = 7;
        const int unimplemented = 12;
        const int @internal = 13;
        const int unauthenticated = 16;
        return int.TryParse(Trailer(response, "grpc-status"), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : response.StatusCode switch
            {
                HttpStatusCode.BadRequest => @internal,
                HttpStatusCode.Unauthorized => unauthenticated,
                HttpStatusCode.Forbidden => permissionDenied,
                HttpStatusCode.NotFound => unimplemented,
                HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                    or HttpStatusCode.GatewayTimeout => Unavailable,
                _ => unknown,
            };
    }

    // An answer that is an error alone has them among its headers.
    private static string? Trailer(HttpResponseMessage response, string name) =>
        Value(response.TrailingHeaders, name) ?? Value(response.Headers, name);

    private static string? Value(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static byte[]? Details(HttpResponseMessage response)
    {
        // Base64 without its padding.
        var text = Trailer(response, "grpc-status-details-bin")?.TrimEnd('=');
        var padded = text?.PadRight((text.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded?.Length ?? 0];
        return padded is not null && Convert.TryFromBase64String(padded, bytes, out var length) ? bytes[..length] : null;
    }

    private static ReadOnlySpan<byte> MessageIn(ReadOnlySpan<byte> body)
    {
        var isPlain = body.Length >= Head && body[0] == 0 && BinaryPrimitives.ReadUInt32BigEndian(body[1..]) <= body.Length - Head;
        return isPlain ? body[Head..][..(int)BinaryPrimitives.ReadUInt32BigEndian(body[1..])] : default;
    }
}
