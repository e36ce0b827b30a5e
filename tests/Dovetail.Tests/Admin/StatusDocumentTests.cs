using System.Text.Json;
using Dovetail.Admin;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Admin;

public sealed class StatusDocumentTests
{
    [Fact]
    public void Refusals_and_warnings_keep_their_field_names()
    {
        var status = new StatusDocument
        {
            Version = "1",
            Docker = new DockerStatus("unix:///docker.sock", true, null, null),
            Services = [],
            Rejected = [new RejectedContainer("blog", null, "no name")],
            Warnings = [new ContainerWarning("blog", "web", "odd")],
        };

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(status, AdminJson.Default.StatusDocument));

        Assert.Equal("""[{"container":"blog","reason":"no name"}]""", Compact("rejected"));
        Assert.Equal("""[{"container":"blog","service":"web","text":"odd"}]""", Compact("warnings"));

        string Compact(string property) => JsonSerializer.Serialize(document.RootElement.GetProperty(property));
    }
}
