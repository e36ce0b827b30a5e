namespace ProfileMaker.Profiles;

/// <summary>What is known of a method.</summary>
/// <param name="Elements">In the order of the runtime, which the compiler needs: a histogram stands behind its counter.</param>
internal sealed record MethodProfile(MethodDescription Method, IReadOnlyList<SchemaElement> Elements)
{
    /// <summary>What all its counters add up to: how much the method matters.</summary>
    public long Total { get; } = Elements
        .Where(element => element.Kind.Purpose is ProbePurpose.BlockCount or ProbePurpose.EdgeCount or ProbePurpose.HandleHistogramCount)
        .Sum(element => element.Counted ?? 0);

    /// <summary>Joins what two traces say of the same method.</summary>
    public MethodProfile Merge(MethodProfile other)
    {
        var isSameCode = Elements.Count == other.Elements.Count
            && Elements.Zip(other.Elements).All(pair => pair.First.IsSameProbe(pair.Second));
        if (!isSameCode)
        {
            // Instrumented in different ways, or of different builds: the one that saw more.
            return Total >= other.Total ? this : other;
        }

        return new MethodProfile(Method, [.. Elements.Select((_, index) => MergeAt(index, other))]);
    }

    private SchemaElement MergeAt(int index, MethodProfile other)
    {
        var (mine, its) = (Elements[index], other.Elements[index]);
        if (mine.Kind.Data == SlotType.None)
        {
            return mine;
        }

        if (mine.Counted is { } counted && its.Counted is { } itCounted)
        {
            return mine with { Values = [new Number(counted + itCounted)] };
        }

        var values = Sample.Merge(new(mine.Values, WeightAt(index)), new(its.Values, other.WeightAt(index)));
        return mine with { Count = values.Count, Values = values };
    }

    // A histogram is a sample of as many events as the counter before it says.
    private long WeightAt(int index) => index > 0 ? Elements[index - 1].Counted ?? 1 : 1;
}
