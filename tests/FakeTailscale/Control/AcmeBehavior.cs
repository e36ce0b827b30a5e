namespace FakeTailscale.Control;

/// <summary>What the certificate authority does with orders.</summary>
public enum AcmeBehavior
{
    /// <summary>Issues at once.</summary>
    Ok,

    /// <summary>Connections are refused.</summary>
    Down,

    /// <summary>Answers 500: daemons keep trying.</summary>
    Error500,

    /// <summary>Answers 429 to orders: daemons keep trying.</summary>
    RateLimited429,

    /// <summary>Issues after <see cref="ControlFaults.AcmeDelay"/>.</summary>
    Slow,

    /// <summary>Takes orders and never answers.</summary>
    Hang,

    /// <summary>Finds no proof for the name: an error at once.</summary>
    RefuseChallenge,
}
