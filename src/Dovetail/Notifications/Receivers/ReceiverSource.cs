using System.Text;

namespace Dovetail.Notifications.Receivers;

/// <summary>Where the receivers come from. A file is read anew for each message, so that a rotated secret needs no restart.</summary>
/// <param name="receivers"><c>DOVETAIL_NOTIFY</c>; null when a file is named.</param>
/// <param name="file"><c>DOVETAIL_NOTIFY_FILE</c>.</param>
internal sealed class ReceiverSource(IReadOnlyList<Receiver>? receivers, string? file)
{
    // More than a list of URLs ever takes.
    private const int MostOfFile = 64 << 10;

    /// <returns>The receivers; or why they cannot be read, which holds nothing of what is in the file.</returns>
    public (IReadOnlyList<Receiver> Receivers, string? Problem) Read()
    {
        if (receivers is not null || file is null)
        {
            return (receivers ?? [], null);
        }

        try
        {
            using var stream = File.OpenRead(file);
            var text = new byte[MostOfFile];
            var length = stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            if (length == text.Length)
            {
                return ([], "is too long for a list of URLs");
            }

            var problem = ReceiverSyntax.ReadList(Encoding.UTF8.GetString(text, 0, length).TrimStart('\uFEFF'), out var read);
            return problem is null ? (read, null) : ([], problem);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return ([], $"cannot be read ({(unreadable is UnauthorizedAccessException ? "access is denied" : "is it there?")})");
        }
    }
}
