using System.Text;
using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary>Unbuffered output.</summary>
internal static class CliOutput
{
    public static void Out(string text) => Native.WriteAll(1, Encoding.UTF8.GetBytes(text));

    public static void Out(byte[] bytes) => Native.WriteAll(1, bytes);

    public static void Error(string text) => Native.WriteAll(2, Encoding.UTF8.GetBytes(text));
}
