using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>State of tailscaled's backend; the numbers are those of the bus, the names those of the status document.</summary>
internal enum BackendState
{
    NoState = 0,
    InUseOtherUser = 1,
    NeedsLogin = 2,
    NeedsMachineAuth = 3,
    Stopped = 4,
    Starting = 5,
    Running = 6,
}

/// <summary>Reads a state by its name; null when it is none that is known.</summary>
internal sealed class BackendStateNameConverter : JsonConverter<BackendState?>
{
    public override BackendState? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // TryParse alone takes a number for a name.
        var name = reader.GetString();
        return Enum.TryParse<BackendState>(name, out var state) && Enum.GetName(state) == name ? state : null;
    }

    public override void Write(Utf8JsonWriter writer, BackendState? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value?.ToString());
}
