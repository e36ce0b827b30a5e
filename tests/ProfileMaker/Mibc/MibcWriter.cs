using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using ProfileMaker.Profiles;

namespace ProfileMaker.Mibc;

/// <summary>
/// Writes profiles as a <c>.mibc</c> file: a ZIP archive with an assembly in it, whose only purpose is its metadata and IL (dotnet/runtime,
/// <c>src/coreclr/tools/dotnet-pgo/MibcEmitter.cs</c> and <c>src/coreclr/tools/Common/Compiler/ProfileData.cs</c>). It has one method for
/// each set of assemblies that methods need (<see cref="MethodEncoder"/>), and one that lists those sets, so that the compiler reads no
/// methods of assemblies that it does not have. The same profiles make the same bytes.
/// </summary>
internal sealed class MibcWriter
{
    // As the runtime's own tool writes; the IL is never run.
    private const int MaximumStack = 8;
    private const int LongestGroupName = 180;

    private static readonly Guid ModuleVersion = new("6d696263-0000-4000-8000-000000000000");
    private static readonly BlobContentId ContentId = new(new Guid("6d696263-0000-4000-8000-000000000001"), 0x80000000);
    private static readonly DateTimeOffset Written = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly MetadataBuilder _metadata = new();
    private readonly MethodBodyStreamEncoder _bodies = new(new BlobBuilder());
    private readonly List<(string Name, int Body)> _methods = [];

    /// <param name="file">Path; the file's name is the assembly's. Replaced.</param>
    /// <param name="profiles">In the order in which they are to stand.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string file, IEnumerable<MethodProfile> profiles)
    {
        var name = Path.GetFileName(file);
        var image = new MibcWriter().Build(name, profiles);

        using var archive = new ZipArchive(File.Create(file), ZipArchiveMode.Create);
        // The compiler takes the entry of this name alone.
        var entry = archive.CreateEntry($"{name}.dll", CompressionLevel.SmallestSize);
        entry.LastWriteTime = Written;
        using var content = entry.Open();
        image.WriteContentTo(content);
    }

    private BlobBuilder Build(string name, IEnumerable<MethodProfile> profiles)
    {
        _metadata.AddModule(0, _metadata.GetOrAddString($"{name}.dll"), _metadata.GetOrAddGuid(ModuleVersion), default, default);
        _metadata.AddAssembly(
            _metadata.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, default, AssemblyHashAlgorithm.None);
        AddGroups(profiles);
        AddMethods();
        _metadata.AddTypeDefinition(
            default, default, _metadata.GetOrAddString("<Module>"), default,
            MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));

        var image = new BlobBuilder();
        new ManagedPEBuilder(
            new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll | Characteristics.ExecutableImage),
            new MetadataRootBuilder(_metadata),
            _bodies.Builder,
            deterministicIdProvider: _ => ContentId).Serialize(image);
        return image;
    }

    private void AddGroups(IEnumerable<MethodProfile> profiles)
    {
        var encoder = new MethodEncoder(_metadata, new MetadataReferences(_metadata));
        var dictionary = new InstructionEncoder(new BlobBuilder());
        foreach (var group in profiles.GroupBy(GroupOf).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var code = new InstructionEncoder(new BlobBuilder());
            foreach (var profile in group)
            {
                Append(encoder, profile, code.CodeBuilder);
            }

            var row = _methods.Count + 1;
            AddMethod($"Assemblies_{group.Key[..Math.Min(group.Key.Length, LongestGroupName)]}_{row}", code);
            dictionary.LoadString(_metadata.GetOrAddUserString(group.Key));
            dictionary.OpCode(ILOpCode.Ldtoken);
            dictionary.Token(MetadataTokens.MethodDefinitionHandle(row));
            dictionary.OpCode(ILOpCode.Pop);
        }

        AddMethod("AssemblyDictionary", dictionary);
    }

    // The assembly that defines the method comes first, each with a semicolon behind.
    private static string GroupOf(MethodProfile profile) => string.Concat(profile.Method.Assemblies.Select(name => $"{name};"));

    private static void Append(MethodEncoder encoder, MethodProfile profile, BlobBuilder code)
    {
        try
        {
            encoder.Encode(profile).WriteContentTo(code);
        }
        catch (NotSupportedException failure)
        {
            // The others are worth as much without it.
            Console.Error.WriteLine($"{profile.Method.Key}: left out, because {failure.Message}");
        }
    }

    private void AddMethod(string name, InstructionEncoder code)
    {
        code.OpCode(ILOpCode.Ret);
        _methods.Add((name, _bodies.AddMethodBody(code, MaximumStack)));
    }

    // Without parameters and result.
    private void AddMethods()
    {
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature().Parameters(0, returns => returns.Void(), _ => { });
        var blob = _metadata.GetOrAddBlob(signature);
        foreach (var (name, body) in _methods)
        {
            _metadata.AddMethodDefinition(
                MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, _metadata.GetOrAddString(name), blob, body,
                MetadataTokens.ParameterHandle(1));
        }
    }
}
