using System.Text;

namespace Dovetail.Metrics.Otlp;

/// <summary>Reads the fields of a Protocol Buffers message, as far as a collector's answers need it. Never throws.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _left = message;

    /// <summary>Of a field that is a number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Of a field that is anything else.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <returns>False at the end, and where the message is broken.</returns>
    public bool Next(out int field)
    {
        field = 0;
        Number = 0;
        Bytes = default;
        if (!TryNumber(out var tag))
        {
            return false;
        }

        field = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0 when TryNumber(out var number):
                Number = number;
                return true;
            case 1:
                return TryTake(sizeof(ulong));
            case 2 when TryNumber(out var length):
                return TryTake(length);
            case 5:
                return TryTake(sizeof(uint));
            default:
                return false;
        }
    }

    private bool TryTake(ulong count)
    {
        if (count > (ulong)_left.Length)
        {
            return false;
        }

        Bytes = _left[..(int)count];
        _left = _left[(int)count..];
        return true;
    }

    private bool TryNumber(out ulong number)
    {
        number = 0;
        for (var place = 0; place < 10 && place < _left.Length; place++)
        {
            number |= (ulong)(_left[place] & 0x7F) << (7 * place);
            if (_left[place] < 0x80)
            {
                _left = _left[(place + 1)..];
                return true;
            }
        }

        return false;
    }
}
