namespace Dovetail.Nodes;

/// <summary>Where the auth key comes from. A file is read anew at each use, so that a rotated secret needs no restart.</summary>
/// <param name="value"><c>TS_AUTHKEY</c>; null when a file is named or no key is given.</param>
/// <param name="file"><c>TS_AUTHKEY_FILE</c>.</param>
internal sealed class AuthKeySource(string? value, string? file)
{
    /// <summary>The key as it is now; null: none, or a file that is missing, empty or not readable.</summary>
    public AuthKey? Read()
    {
        try
        {
            // White space around the key is what editors and `echo` leave (02-up/auth-key-file.txt).
            var text = (value ?? (file is null ? null : File.ReadAllText(file)))?.Trim();
            return string.IsNullOrEmpty(text) ? null : new AuthKey(text);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
