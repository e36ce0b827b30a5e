namespace Dovetail.Compose;

/// <summary>A Compose file that cannot be read here. The message says where, why, and what to do instead.</summary>
internal sealed class ComposeException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Mistakes that name where they are.</summary>
internal static class ComposeMistakes
{
    public static ComposeException Mistake(this ComposePlace place, string what, Exception? innerException = null) =>
        new($"{place}: {what}", innerException);

    /// <param name="what">The element that only Compose itself understands.</param>
    public static ComposeException NotRead(this ComposePlace place, string what) => place.Mistake(
        $"{what} is not read here: let Compose render the file, docker compose config | dovetail check --compose -");
}
