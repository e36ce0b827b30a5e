namespace FakeTailscale.Common;

/// <summary>The name a process was started under. .NET reports the assembly instead, so the kernel is asked.</summary>
internal static class ProgramName
{
    /// <summary>The path as the parent gave it, for usage texts (<c>argv[0]</c>).</summary>
    public static string Path { get; } = Read();

    public static string Name => System.IO.Path.GetFileName(Path);

    private static string Read()
    {
        try
        {
            byte[] line = File.ReadAllBytes("/proc/self/cmdline");
            int end = Array.IndexOf(line, (byte)0);
            return System.Text.Encoding.UTF8.GetString(line, 0, end < 0 ? line.Length : end);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
