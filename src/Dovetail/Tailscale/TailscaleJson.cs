using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>The LocalAPI's documents.</summary>
[JsonSerializable(typeof(IpnNotify))]
[JsonSerializable(typeof(IpnStatus))]
[JsonSerializable(typeof(IpnPeers))]
[JsonSerializable(typeof(IpnPrefs))]
[JsonSerializable(typeof(WhoIsResponse))]
[JsonSerializable(typeof(ServeConfig))]
[JsonSerializable(typeof(WantRunningPrefs))]
internal sealed partial class TailscaleJson : JsonSerializerContext;
