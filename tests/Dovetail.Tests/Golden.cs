using System.Runtime.CompilerServices;

namespace Dovetail.Tests;

/// <summary>
/// Compares a text with a file beside the test, in the folder <c>Golden</c>. With <c>DOVETAIL_TEST_UPDATE_GOLDEN=1</c> the file is written
/// instead: look at the difference before it is committed.
/// </summary>
internal static class Golden
{
    public static void AssertIs(string name, string text, [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, "Golden", name);
        if (Environment.GetEnvironmentVariable("DOVETAIL_TEST_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.Equal(File.ReadAllText(path), text);
    }
}
