namespace Dovetail.Compose;

/// <summary>A Compose file that cannot be read here. The message says where, why, and what to do instead.</summary>
internal sealed class ComposeException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <param name="what">The element that only Compose itself understands.</param>
    public static ComposeException NotRead(string what) => new(
        $"{what} is not read here: let Compose render the file, docker compose config | dovetail check --compose -");
}
