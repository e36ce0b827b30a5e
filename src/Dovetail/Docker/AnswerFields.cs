using System.Buffers;
using System.Collections;
using System.Text.Json;

namespace Dovetail.Docker;

/// <summary>
/// The fields of the Engine's answers that Dovetail reads. All others are taken out before Docker.DotNet sees an answer: its models name
/// every field of the API, and one value of another type than the model's fails the whole answer, so that one odd container would hide
/// all the others.
/// </summary>
internal sealed class AnswerFields : IEnumerable<string>
{
    /// <summary><c>GET /version</c>.</summary>
    public static readonly AnswerFields Version = new() { "Version", "ApiVersion", "MinAPIVersion" };

    /// <summary><c>GET /containers/json</c>.</summary>
    public static readonly AnswerFields ContainerList = new()
    {
        "Id",
        "Names",
        { "Created", IsTime },
        "State",
        "Status",
        "Labels",
        { "Ports", new AnswerFields { "IP", { "PrivatePort", IsPort }, { "PublicPort", IsPort }, "Type" } },
        { "HostConfig", new AnswerFields { "NetworkMode" } },
        { "NetworkSettings", new AnswerFields { { "Networks", EachNetwork() } } },
    };

    /// <summary><c>GET /containers/{id}/json</c>.</summary>
    public static readonly AnswerFields Container = new()
    {
        "Id",
        "Name",
        { "Created", IsTime },
        {
            "State",
            new AnswerFields
            {
                "Status",
                { "StartedAt", IsText },
                { "FinishedAt", IsText },
                { "ExitCode", IsSmallNumber },
                { "OOMKilled", IsTruthValue },
                { "Health", new AnswerFields { "Status" } },
            }
        },
        { "Config", new AnswerFields { "Labels", "StopSignal", { "StopTimeout", IsSmallNumber }, "ExposedPorts" } },
        { "HostConfig", new AnswerFields { "NetworkMode" } },
        {
            "NetworkSettings",
            new AnswerFields
            {
                { "Ports", new AnswerFields { { AnyName, new AnswerFields { "HostIp", "HostPort" } } } },
                { "Networks", EachNetwork() },
            }
        },
    };

    /// <summary><c>GET /networks</c>.</summary>
    public static readonly AnswerFields Network = new() { "Id", "Name", "Driver", { "Ingress", IsTruthValue } };

    /// <summary><c>GET /info</c>.</summary>
    public static readonly AnswerFields Info = new()
    {
        "SecurityOptions",
        "DockerRootDir",
        { "Swarm", new AnswerFields { "NodeID", "LocalNodeState", { "ControlAvailable", IsTruthValue } } },
    };

    /// <summary><c>GET /services</c>.</summary>
    public static readonly AnswerFields Services = new()
    {
        "ID",
        { "CreatedAt", IsTime },
        { "Spec", new AnswerFields { "Name", "Labels" } },
        {
            "Endpoint",
            new AnswerFields
            {
                {
                    "Ports",
                    new AnswerFields { "Protocol", { "TargetPort", IsPort }, { "PublishedPort", IsPort }, "PublishMode" }
                },
                { "VirtualIPs", new AnswerFields { "NetworkID", "Addr" } },
            }
        },
    };

    /// <summary><c>GET /tasks</c>.</summary>
    public static readonly AnswerFields Tasks = new()
    {
        "ID",
        { "CreatedAt", IsTime },
        "ServiceID",
        { "Slot", IsSlot },
        "NodeID",
        { "Spec", new AnswerFields { { "ContainerSpec", new AnswerFields { "Labels" } } } },
        { "Status", new AnswerFields { { "State", IsTaskState }, { "ContainerStatus", new AnswerFields { "ContainerID" } } } },
        {
            "NetworksAttachments",
            new AnswerFields
            {
                {
                    "Network",
                    new AnswerFields
                    {
                        "ID",
                        { "Spec", new AnswerFields { "Name", { "Ingress", IsTruthValue } } },
                        { "DriverState", new AnswerFields { "Name" } },
                    }
                },
                "Addresses",
            }
        },
    };

    /// <summary>One value of <c>GET /events</c>.</summary>
    public static readonly AnswerFields Event = new()
    {
        "Type",
        "Action",
        { "Actor", new AnswerFields { "ID", { "Attributes", new AnswerFields { "signal" } } } },
    };

    private const string AnyName = "*";

    private readonly Dictionary<string, (AnswerFields? Inner, Func<JsonElement, bool>? IsReadable)> _fields = new(StringComparer.Ordinal);

    /// <summary>The answer with these fields only; in an array, each element with these fields only.</summary>
    /// <returns>JSON in UTF-8.</returns>
    public byte[] Take(JsonElement answer)
    {
        var taken = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(taken))
        {
            Write(answer, this, writer);
        }

        return taken.WrittenSpan.ToArray();
    }

    IEnumerator<string> IEnumerable<string>.GetEnumerator() => _fields.Keys.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _fields.Keys.GetEnumerator();

    // Collection initializers call these.
    private void Add(string name) => _fields.Add(name, (null, null));

    private void Add(string name, AnswerFields inner) => _fields.Add(name, (inner, null));

    private void Add(string name, Func<JsonElement, bool> isReadable) => _fields.Add(name, (null, isReadable));

    private static AnswerFields EachNetwork() =>
        new() { { AnyName, new AnswerFields { "NetworkID", "IPAddress", "Gateway", "GlobalIPv6Address", "IPv6Gateway" } } };

    private static void Write(JsonElement value, AnswerFields? fields, Utf8JsonWriter writer)
    {
        if (fields is not null && value.ValueKind == JsonValueKind.Array)
        {
            writer.WriteStartArray();
            foreach (var element in value.EnumerateArray())
            {
                Write(element, fields, writer);
            }

            writer.WriteEndArray();
        }
        else if (fields is not null && value.ValueKind == JsonValueKind.Object)
        {
            writer.WriteStartObject();
            foreach (var property in value.EnumerateObject())
            {
                if ((fields._fields.TryGetValue(property.Name, out var field) || fields._fields.TryGetValue(AnyName, out field))
                    && field.IsReadable?.Invoke(property.Value) != false)
                {
                    writer.WritePropertyName(property.Name);
                    Write(property.Value, field.Inner, writer);
                }
            }

            writer.WriteEndObject();
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    // The converters of Docker.DotNet throw at what these refuse; a container without the value is better than none.
    private static bool IsTime(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.TryGetInt64(out var seconds) && seconds is >= 0 and < 253402300800,
        JsonValueKind.String => value.TryGetDateTime(out _),
        _ => false,
    };

    private static bool IsPort(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt16(out _);

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String;

    private static bool IsTruthValue(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False;

    private static bool IsSmallNumber(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _);

    private static bool IsSlot(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _);

    // What the others mean is all the same here: the task does not run.
    private static bool IsTaskState(JsonElement value) => value.ValueKind == JsonValueKind.String && value.ValueEquals("running");
}
