using System.Text;

namespace Dovetail.Common;

/// <summary>
/// Reads a file with a secret in it, again at each use, so that a rotated one needs no restart. It never waits for a writer, as of a pipe,
/// and reads no more than a secret takes.
/// </summary>
internal static class SecretFile
{
    private const int TooMuch = 64 << 10;

    /// <param name="text">Without white space at both ends, which editors and <c>echo</c> leave.</param>
    /// <returns>Why it cannot be read, without anything that it holds; null when <paramref name="text"/> is read.</returns>
    public static string? Read(string path, out string text)
    {
        text = "";
        try
        {
            if (FileStatus.Of(path) is { IsFile: false })
            {
                return "is no file";
            }

            using var stream = File.OpenRead(path);
            var bytes = new byte[TooMuch];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            text = length == TooMuch ? "" : Encoding.UTF8.GetString(bytes, 0, length).TrimStart('\uFEFF').Trim();
            return length == TooMuch ? "is too large" : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read ({(unreadable is UnauthorizedAccessException ? "access is denied" : "is it there?")})";
        }
    }
}
