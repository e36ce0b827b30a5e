using System.Reflection;
using System.Text.Json;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// What stands in for the three base images of the Dockerfile where no registry can be reached: this machine's own SDK and runtime on
/// a busybox, and the tailnet's two binaries. The SDK brings the packages that the build restores, so that it builds without a network.
/// </summary>
internal sealed class BaseImages(Engine engine)
{
    private static readonly string[] Applets = ["sh", "cat", "chmod", "echo", "env", "hostname", "ln", "mkdir", "rm", "sleep", "uname"];

    public string Sdk => $"{engine.Mark}-sdk";

    public string Runtime => $"{engine.Mark}-runtime";

    public string Tailscale => $"{engine.Mark}-tailscale";

    /// <summary>Root of the repository that these tests were built from.</summary>
    public static string Repository { get; } = typeof(BaseImages).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!.TrimEnd('/');

    private static string DotnetRoot { get; } = Path.GetFullPath(
        Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

    public async Task ImportAsync(CancellationToken cancellation)
    {
        var libraries = await LibrariesAsync(cancellation);
        await engine.ImportAsync(
            Sdk,
            ["ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 NUGET_PACKAGES=/packages HOME=/root"],
            async archive =>
            {
                await AddBaseAsync(archive, libraries, cancellation);
                await archive.AddTreeAsync("usr/share/dotnet", DotnetRoot, cancellation);
                await AddPackagesAsync(archive, cancellation);
            },
            cancellation);
        await engine.ImportAsync(
            Runtime,
            [],
            async archive =>
            {
                await AddBaseAsync(archive, libraries, cancellation);
                await archive.AddDirectoryAsync("usr/share/dotnet", cancellation);
                await archive.AddFileAsync("usr/share/dotnet/dotnet", Path.Combine(DotnetRoot, "dotnet"), cancellation);
                await archive.AddTreeAsync("usr/share/dotnet/host", Path.Combine(DotnetRoot, "host"), cancellation);
                await archive.AddTreeAsync("usr/share/dotnet/shared", Path.Combine(DotnetRoot, "shared"), cancellation);
                // The official binaries are files that stand alone; the stand-in is a program with a runtime, which finds its place here.
                await archive.AddDirectoryAsync("stand-in", cancellation);
                foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "FakeTailscale*"))
                {
                    await archive.AddFileAsync($"stand-in/{Path.GetFileName(file)}", file, cancellation);
                }
            },
            cancellation);
        await engine.ImportAsync(
            Tailscale,
            [],
            async archive =>
            {
                foreach (var name in (string[])["tailscaled", "tailscale"])
                {
                    await archive.AddTextAsync(
                        $"usr/local/bin/{name}", $"#!/bin/sh\nexec -a {name} /stand-in/FakeTailscale \"$@\"\n", cancellation);
                }
            },
            cancellation);
    }

    private static async Task AddBaseAsync(Archive archive, IEnumerable<string> libraries, CancellationToken cancellation)
    {
        await archive.AddSkeletonAsync(cancellation);
        await archive.AddBusyboxAsync(Applets, cancellation);
        await archive.AddTextAsync("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n", cancellation);
        await archive.AddLinkAsync("usr/bin/dotnet", "../share/dotnet/dotnet", cancellation);
        foreach (var library in libraries)
        {
            await archive.AddFileAsync(library.TrimStart('/'), library, cancellation);
        }
    }

    private static async Task AddPackagesAsync(Archive archive, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(Path.Combine(Repository, "src/Dovetail/obj/project.assets.json"));
        using var assets = await JsonDocument.ParseAsync(stream, cancellationToken: cancellation);
        var folder = assets.RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
        await archive.AddDirectoryAsync("packages", cancellation);
        var libraries = assets.RootElement.GetProperty("libraries").EnumerateObject();
        foreach (var package in libraries.Where(library => library.Value.GetProperty("type").GetString() == "package"))
        {
            var path = package.Value.GetProperty("path").GetString()!;
            await archive.AddDirectoryAsync($"packages/{Path.GetDirectoryName(path)}", cancellation);
            await archive.AddTreeAsync($"packages/{path}", Path.Combine(folder, path), cancellation);
        }
    }

    /// <summary>The system's libraries that .NET loads, from ldd(1), with the TLS library, which it loads by name.</summary>
    private static async Task<IReadOnlyCollection<string>> LibrariesAsync(CancellationToken cancellation)
    {
        var runtime = System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory();
        var cache = await Command.RunAsync("/sbin/ldconfig", ["-p"], cancellation: cancellation);
        var tls = PathsIn(cache.MustSucceed().Stdout).Where(path => Path.GetFileName(path) is "libssl.so.3" or "libcrypto.so.3").ToList();
        var native = Directory.EnumerateFiles(runtime, "*.so")
            .Where(path => !path.EndsWith("libcoreclrtraceptprovider.so", StringComparison.Ordinal));
        var needed = await Command.RunAsync("ldd", [Path.Combine(DotnetRoot, "dotnet"), .. native, .. tls], cancellation: cancellation);
        return [.. PathsIn(needed.Stdout).Concat(tls).Where(path => !path.StartsWith(DotnetRoot, StringComparison.Ordinal)).Distinct()];
    }

    private static IEnumerable<string> PathsIn(string text) =>
        text.Split('\n')
            .SelectMany(line => line.Split(' ', '\t'))
            .Where(word => word.StartsWith('/') && !word.EndsWith(':') && File.Exists(word));
}
