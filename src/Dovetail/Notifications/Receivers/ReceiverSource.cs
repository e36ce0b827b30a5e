using Dovetail.Common;

namespace Dovetail.Notifications.Receivers;

/// <summary>Where the receivers come from. A file is read anew for each message, so that a rotated secret needs no restart.</summary>
/// <param name="receivers"><c>DOVETAIL_NOTIFY</c>; null when a file is named.</param>
/// <param name="file"><c>DOVETAIL_NOTIFY_FILE</c>.</param>
internal sealed class ReceiverSource(IReadOnlyList<Receiver>? receivers, string? file)
{
    /// <returns>The receivers; or why they cannot be read, which holds nothing of what is in the file.</returns>
    public (IReadOnlyList<Receiver> Receivers, string? Problem) Read()
    {
        if (receivers is not null || file is null)
        {
            return (receivers ?? [], null);
        }

        IReadOnlyList<Receiver> read = [];
        var problem = SecretFile.Read(file, out var text) ?? ReceiverSyntax.ReadList(text, out read);
        return problem is null ? (read, null) : ([], problem);
    }
}
