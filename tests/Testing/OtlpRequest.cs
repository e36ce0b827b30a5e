using System.Buffers.Binary;
using System.Text;

namespace Dovetail.Testing;

/// <summary>A sample as a collector sees it.</summary>
/// <param name="Start">Nanoseconds since 1970; 0: not given.</param>
/// <param name="Value">Of a number.</param>
/// <param name="Count">Values of a histogram.</param>
/// <param name="Sum">Of those.</param>
/// <param name="Buckets">How many of them are in each bucket.</param>
/// <param name="Bounds">Upper ends of the buckets, less the last.</param>
public sealed record OtlpPoint(
    IReadOnlyDictionary<string, string> Attributes, ulong Start, ulong Time, double Value, ulong Count, double Sum,
    IReadOnlyList<ulong> Buckets, IReadOnlyList<double> Bounds);

/// <summary>A metric as a collector sees it.</summary>
/// <param name="Kind">gauge, sum or histogram.</param>
/// <param name="IsCumulative">Of a sum or a histogram.</param>
/// <param name="IsMonotonic">Of a sum.</param>
public sealed record OtlpMetric(
    string Name, string Description, string Unit, string Kind, bool IsCumulative, bool IsMonotonic, IReadOnlyList<OtlpPoint> Points);

/// <summary>
/// An <c>ExportMetricsServiceRequest</c>, read by the field numbers of opentelemetry-proto 1.x. Throws where the message is broken, or has a
/// field that does not belong there.
/// </summary>
public sealed record OtlpRequest(
    IReadOnlyDictionary<string, string> Resource, string Scope, string Version, IReadOnlyList<OtlpMetric> Metrics)
{
    /// <summary>The point of a metric that has these attributes and no other.</summary>
    public OtlpPoint? Find(string metric, params (string Name, string Value)[] attributes) =>
        Metrics.FirstOrDefault(one => one.Name == metric)?.Points.FirstOrDefault(point =>
            point.Attributes.Count == attributes.Length
            && attributes.All(attribute => point.Attributes.GetValueOrDefault(attribute.Name) == attribute.Value));

    public static OtlpRequest Parse(byte[] message)
    {
        var resourceMetrics = One(message, 1);
        var scopeMetrics = One(resourceMetrics, 2);
        var scope = One(scopeMetrics, 1);
        return new OtlpRequest(
            Attributes(One(resourceMetrics, 1), 1),
            Text(scope, 1),
            Text(scope, 2),
            [.. Fields(scopeMetrics).Where(field => field.Number == 2).Select(field => Metric(field.Bytes))]);
    }

    private static OtlpMetric Metric(byte[] message)
    {
        var data = Fields(message).Single(field => field.Number is 5 or 7 or 9);
        var fields = Fields(data.Bytes);
        Only(Fields(message), 1, 2, 3, data.Number);
        Only(fields, data.Number switch { 5 => [1], 7 => [1, 2, 3], _ => [1, 2] });
        return new OtlpMetric(
            Text(message, 1),
            Text(message, 2),
            Text(message, 3),
            data.Number switch { 5 => "gauge", 7 => "sum", _ => "histogram" },
            fields.Any(field => field is { Number: 2, Value: 2 }),
            fields.Any(field => field is { Number: 3, Value: 1 }),
            [.. fields.Where(field => field.Number == 1).Select(field => Point(field.Bytes, isHistogram: data.Number == 9))]);
    }

    private static OtlpPoint Point(byte[] message, bool isHistogram)
    {
        var fields = Fields(message);
        Only(fields, isHistogram ? [2, 3, 4, 5, 6, 7, 9] : [2, 3, 4, 7]);
        ulong Number(int field) => fields.FirstOrDefault(one => one.Number == field)?.Value ?? 0;
        ulong[] Packed(int field) =>
        [
            .. (fields.FirstOrDefault(one => one.Number == field)?.Bytes ?? []).Chunk(8)
                .Select(eight => BinaryPrimitives.ReadUInt64LittleEndian(eight)),
        ];
        return new OtlpPoint(
            Attributes(message, isHistogram ? 9 : 7),
            Number(2),
            Number(3),
            isHistogram ? 0 : BitConverter.UInt64BitsToDouble(Number(4)),
            isHistogram ? Number(4) : 0,
            isHistogram ? BitConverter.UInt64BitsToDouble(Number(5)) : 0,
            isHistogram ? Packed(6) : [],
            isHistogram ? [.. Packed(7).Select(BitConverter.UInt64BitsToDouble)] : []);
    }

    private static Dictionary<string, string> Attributes(byte[] message, int number) => Fields(message)
        .Where(field => field.Number == number)
        .ToDictionary(field => Text(field.Bytes, 1), field => Text(One(field.Bytes, 2), 1), StringComparer.Ordinal);

    private static byte[] One(byte[] message, int number) => Fields(message).Single(field => field.Number == number).Bytes;

    private static string Text(byte[] message, int number) =>
        new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(One(message, number));

    private static void Only(IEnumerable<Field> fields, params int[] numbers)
    {
        if (fields.FirstOrDefault(field => !numbers.Contains(field.Number)) is { } strange)
        {
            throw new FormatException($"Field {strange.Number} does not belong there.");
        }
    }

    private static List<Field> Fields(byte[] message)
    {
        var fields = new List<Field>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var number = (int)(tag >> 3);
            var type = tag & 7;
            if (type == 0)
            {
                fields.Add(new Field(number, Varint(message, ref at), []));
                continue;
            }

            var length = type switch { 1 => 8, 2 => (int)Varint(message, ref at), _ => throw new FormatException($"Wire type {type}.") };
            var bytes = message[at..(at + length)];
            at += length;
            fields.Add(new Field(number, type == 1 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0, bytes));
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private sealed record Field(int Number, ulong Value, byte[] Bytes);
}
