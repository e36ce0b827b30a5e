using System.Globalization;

namespace LoadBench.Measuring;

/// <summary>Says on standard error what is under way; standard output has the tables alone.</summary>
internal static class Progress
{
    private static readonly long Started = TimeProvider.System.GetTimestamp();

    public static void Say(string what) => Console.Error.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"   {TimeProvider.System.GetElapsedTime(Started):hh\\:mm\\:ss} {what}"));
}
