using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Network;

/// <summary>A user as nodes see it (tailcfg.UserProfile).</summary>
internal sealed record UserInfo(long Id, string LoginName, string DisplayName, string ProfilePictureUrl)
{
    /// <summary>Who owns tagged nodes.</summary>
    public static UserInfo TaggedDevices { get; } = new(2147455555, "tagged-devices", "Tagged Devices", "");

    public static UserInfo Read(JsonElement element) =>
        new(element.Number("ID"), element.Text("LoginName"), element.Text("DisplayName"), element.Text("ProfilePicURL"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("ID", Id);
        writer.WriteString("LoginName", LoginName);
        writer.WriteString("DisplayName", DisplayName);
        if (ProfilePictureUrl.Length > 0)
        {
            writer.WriteString("ProfilePicURL", ProfilePictureUrl);
        }

        writer.WriteEndObject();
    }
}
