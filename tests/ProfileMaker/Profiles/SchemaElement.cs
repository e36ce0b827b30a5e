namespace ProfileMaker.Profiles;

/// <summary>What one probe of the instrumented code counted or met.</summary>
/// <param name="Offset">Of the probe in the method's IL, in bytes; negative: of the method as a whole.</param>
/// <param name="Count">How many slots it has.</param>
/// <param name="Other">What the kind needs besides, such as the other end of an edge.</param>
/// <param name="Values">One a slot; empty: the kind has none.</param>
internal sealed record SchemaElement(InstrumentationKind Kind, int Offset, int Count, int Other, IReadOnlyList<IProfileValue> Values)
{
    /// <summary>What a counter counted; null: it is none.</summary>
    public long? Counted => Kind.Data is SlotType.FourByte or SlotType.EightByte && Values is [Number number] ? number.Value : null;

    /// <summary>Whether another element is of the same probe.</summary>
    public bool IsSameProbe(SchemaElement other) => (Kind, Offset, Other) == (other.Kind, other.Offset, other.Other);
}

/// <summary><c>ICorJitInfo::PgoInstrumentationKind</c> of dotnet/runtime, <c>src/coreclr/inc/corjit.h</c>.</summary>
/// <param name="Value">Type of a slot (bits 0 to 3), alignment (4 and 5) and what the slots are for (the others).</param>
internal readonly record struct InstrumentationKind(int Value)
{
    private const int SlotMask = 0xf;
    private const int PurposeMask = ~0x3f;

    /// <summary>Whether it is the one behind the last.</summary>
    public bool IsDone => Value == 0;

    public SlotType Data => (SlotType)(Value & SlotMask);

    public ProbePurpose Purpose => (ProbePurpose)(Value & PurposeMask);
}

/// <summary>What a slot holds.</summary>
internal enum SlotType
{
    None = 0,
    FourByte = 1,
    EightByte = 2,
    TypeHandle = 3,
    MethodHandle = 4,
}

/// <summary>What a probe is for, as far as it matters here.</summary>
internal enum ProbePurpose
{
    /// <summary>How often a basic block ran.</summary>
    BlockCount = 0x40,

    /// <summary>How often the call or cast ran whose types or methods the next element holds.</summary>
    HandleHistogramCount = 0x80,

    /// <summary>How often control went from one basic block to another.</summary>
    EdgeCount = 0x180,
}
