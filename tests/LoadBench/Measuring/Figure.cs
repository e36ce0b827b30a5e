namespace LoadBench.Measuring;

/// <summary>One of the figures that a scenario gives.</summary>
/// <param name="Name">With its unit.</param>
/// <param name="Goal">What it has to reach; null: nothing is asked of it.</param>
/// <param name="Digits">Behind the decimal point.</param>
internal sealed record Figure(string Name, Goal? Goal = null, int Digits = 0)
{
    /// <summary>Whether a ratio of it says something.</summary>
    public bool Compared { get; init; } = true;
}

/// <summary>A bound on a figure, or on its ratio to the yardstick's.</summary>
internal sealed record Goal(double Limit, bool AtLeast, bool OfRatio)
{
    public static Goal RatioAtLeast(double limit) => new(limit, AtLeast: true, OfRatio: true);

    public static Goal RatioAtMost(double limit) => new(limit, AtLeast: false, OfRatio: true);

    public static Goal AtMost(double limit) => new(limit, AtLeast: false, OfRatio: false);

    public bool IsMetBy(double value) => AtLeast ? value >= Limit : value <= Limit;
}
