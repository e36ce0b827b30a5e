using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Dovetail.Tests.Architecture;

/// <summary>What the native compiler is told about the data path. It ignores in silence what it cannot read.</summary>
public sealed class CompilerProfileTests
{
    private const string Name = "dovetail.mibc";
    private static readonly string Project = Path.Combine(Repository.Root, "src", "Dovetail");

    [Fact]
    public void The_profile_that_the_project_names_is_one_that_the_compiler_finds()
    {
        Assert.Contains(
            $"<MibcFile Include=\"$(MSBuildThisFileDirectory){Name}\" />",
            File.ReadAllText(Path.Combine(Project, "Dovetail.csproj")),
            StringComparison.Ordinal);

        using var archive = ZipFile.OpenRead(Path.Combine(Project, Name));
        var entry = Assert.Single(archive.Entries);
        Assert.Equal($"{Name}.dll", entry.Name);
        using var image = new MemoryStream();
        using (var content = entry.Open())
        {
            content.CopyTo(image);
        }

        image.Position = 0;
        using var file = new PEReader(image);
        var metadata = file.GetMetadataReader();
        var assemblies = metadata.AssemblyReferences.Select(
            reference => metadata.GetString(metadata.GetAssemblyReference(reference).Name)).ToList();
        string[] onTheWayOfARequest =
            ["dovetail", "Microsoft.AspNetCore.Server.Kestrel.Core", "System.Net.Http", "System.Net.Security", "Yarp.ReverseProxy"];
        Assert.Empty(onTheWayOfARequest.Except(assemblies));
    }
}
