using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;
using ProfileMaker.Profiles;

namespace ProfileMaker.Traces;

/// <summary>
/// Reads one trace of the runtime's own events (<c>Microsoft-Windows-DotNETRuntime</c>): which modules, types and methods its handles stand
/// for, and what instrumented code counted. The runtime writes the counts when it ends.
/// </summary>
internal sealed class TraceReader(ModuleFiles modules)
{
    private readonly RuntimeHandles _handles = new(modules);
    private readonly Dictionary<long, InstrumentationData> _data = [];

    /// <summary>
    /// One profile for each method handle that has data; a method that was loaded twice has two. Says on stderr what it left out.
    /// </summary>
    /// <param name="file">Path of a <c>.nettrace</c>.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no such file.</exception>
    public IReadOnlyList<MethodProfile> Read(string file)
    {
        using var source = new EventPipeEventSource(file);
        source.Clr.LoaderModuleLoad += _handles.Add;
        source.Clr.LoaderModuleDCStopV2 += _handles.Add;
        new ClrRundownTraceEventParser(source).LoaderModuleDCStop += _handles.Add;
        source.Clr.TypeBulkType += _handles.Add;
        source.Clr.MethodMethodDetails += _handles.Add;
        // Which of the two it is depends on the level that was asked for; the second has the method's name besides.
        source.Clr.JitInstrumentationDataInstrumentationData += part => DataOf(part.MethodID).Add(part.MethodFlags, part.Data);
        source.Clr.JitInstrumentationDataVerboseInstrumentationData += part => DataOf(part.MethodID).Add(part.MethodFlags, part.Data);
        source.Process();

        var profiles = _data.Where(method => method.Value.IsComplete)
            .Select(method => Profile(method.Key, method.Value))
            .OfType<MethodProfile>()
            .ToList();
        Console.Error.WriteLine(
            $"{file}: {profiles.Count} methods, {_data.Count - profiles.Count} left out, {source.EventsLost} events lost");
        return profiles;
    }

    private InstrumentationData DataOf(long method)
    {
        if (!_data.TryGetValue(method, out var data))
        {
            data = new InstrumentationData();
            _data.Add(method, data);
        }

        return data;
    }

    private MethodProfile? Profile(long handle, InstrumentationData data)
    {
        if (_handles.Method(handle) is not { } method)
        {
            return null;
        }

        try
        {
            return new MethodProfile(method, new SchemaParser(_handles, data.Bytes).Parse());
        }
        catch (InvalidDataException failure)
        {
            Console.Error.WriteLine($"{method.Key}: left out, because {failure.Message}");
            return null;
        }
    }
}
