namespace FakeTailscale.DataPath;

/// <summary>What a node answers to a <see cref="TunnelHello"/>: one byte.</summary>
internal enum TunnelAnswer : byte
{
    /// <summary>The connection is established.</summary>
    Accepted = (byte)'A',

    /// <summary>Nothing listens: the peer gets RST.</summary>
    Refused = (byte)'R',

    /// <summary>The node drops the packet: the peer hears nothing.</summary>
    Dropped = (byte)'D',

    /// <summary>Another node than the one called, or another tailnet.</summary>
    WrongNode = (byte)'W',
}
