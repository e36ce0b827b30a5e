namespace Dovetail.Proxy.Transport;

/// <summary>
/// How much one connection does before it lets others have the thread that waits for all sockets. Where the kernel always has more to
/// receive and room to send, it would never come back to the others.
/// </summary>
internal struct Turn
{
    private const int Longest = 512 * 1024;

    private int _done;

    /// <param name="isNew">The thread was left in between.</param>
    public void Begin(bool isNew)
    {
        if (isNew)
        {
            _done = 0;
        }
    }

    /// <param name="bytes">Dealt with since the last call.</param>
    /// <returns>True: the caller is to go on elsewhere.</returns>
    public bool IsOver(int bytes)
    {
        _done += bytes;
        if (_done < Longest)
        {
            return false;
        }

        _done = 0;
        return true;
    }
}
