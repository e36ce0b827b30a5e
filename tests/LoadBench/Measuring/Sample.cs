namespace LoadBench.Measuring;

/// <summary>What one round gave for one side.</summary>
internal sealed class Sample : Dictionary<Figure, double>
{
    /// <summary>Adds what processes had in memory.</summary>
    public Sample With(Memory memory)
    {
        this[Figures.Peak] = memory.Peak;
        this[Figures.Resident] = memory.Resident;
        this[Figures.Proportional] = memory.Proportional;
        this[Figures.PrivateDirty] = memory.PrivateDirty;
        return this;
    }
}

/// <summary>Figures that several scenarios give.</summary>
internal static class Figures
{
    public static readonly Figure Peak = new("peak Rss, MB", Digits: 1);
    public static readonly Figure Resident = new("Rss after, MB", Digits: 1);
    public static readonly Figure Proportional = new("Pss after, MB", Digits: 1);
    public static readonly Figure PrivateDirty = new("private dirty after, MB", Digits: 1);
    public static readonly Figure Relay = new("relay: CPU µs per request", Digits: 1) { Compared = false };
    public static readonly Figure RelayPerGigabyte = new("relay: CPU s per GB", Digits: 2) { Compared = false };
}
