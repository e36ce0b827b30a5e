namespace FakeTailscale.DataPath;

/// <summary>How one direction of a connection ended.</summary>
internal enum StreamEnd
{
    /// <summary>The sender is done (FIN).</summary>
    Finished,

    /// <summary>The sender's connection broke (RST).</summary>
    Reset,

    /// <summary>The daemon at the other end is gone, without a word.</summary>
    Lost,

    /// <summary>The receiver is gone.</summary>
    Unwanted,
}
