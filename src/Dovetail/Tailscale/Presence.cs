using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>Whether a JSON property was there and not null, without its value.</summary>
/// <param name="IsSet">True when there was a value.</param>
[JsonConverter(typeof(PresenceConverter))]
internal readonly record struct Presence(bool IsSet);
