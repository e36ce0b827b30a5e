using System.Globalization;

namespace ProfileMaker.Profiles;

/// <summary>What instrumented code left in one slot: a <see cref="Number"/>, a type, a method or an <see cref="UnknownHandle"/>.</summary>
internal interface IProfileValue
{
    /// <summary>The same in every run, and no other value's of its kind; sorts ordinally.</summary>
    string Key { get; }
}

/// <summary>A counter, or a value that the code met.</summary>
internal sealed record Number(long Value) : IProfileValue
{
    public string Key => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A slot for a type or a method that holds none which could be named.</summary>
/// <param name="Marker">0: the slot is empty; else from 1 to 33, and tells such handles apart as far as it goes.</param>
internal sealed record UnknownHandle(int Marker) : IProfileValue
{
    /// <summary>The runtime itself uses markers to this one.</summary>
    public const int LastMarker = 33;

    public static UnknownHandle Empty { get; } = new(0);

    public bool IsEmpty => Marker == 0;

    // Behind every name, empty slots last.
    public string Key => IsEmpty ? "\uffff" : string.Create(CultureInfo.InvariantCulture, $"\ufffe{Marker}");
}
