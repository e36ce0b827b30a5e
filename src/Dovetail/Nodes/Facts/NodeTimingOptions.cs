namespace Dovetail.Nodes.Facts;

/// <summary>How long a node waits for what.</summary>
internal sealed record NodeTimingOptions
{
    /// <summary>How often the status is asked where the bus is silent; default 15 s.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often while somebody waits for a login URL or for the node to come up; default 1 s.</summary>
    public TimeSpan FastPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>tailscaled that has not answered a question for this long is called silent; default 2 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>tailscaled that answers nothing for this long is replaced; default 15 s.</summary>
    public TimeSpan HangLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest wait for one LocalAPI answer; default 5 s.</summary>
    public TimeSpan LocalApi { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a <c>tailscale up</c> may take; default 60 s. The daemon goes on by itself after it.</summary>
    public TimeSpan Up { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long after a login that succeeded the bus may take to say so, before it counts as lost; default 15 s.</summary>
    public TimeSpan LoggedIn { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A refused key is not given again before this time, unless its content changes; default 10 min.</summary>
    public TimeSpan RefusedKey { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Wait after a failed action, doubled at each failure up to <see cref="RetryMax"/>; default 1 s.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait after a failed action; default 60 s.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a node may be offline, while the control server answers, before it counts as cut off; default 45 s, three polls.
    /// </summary>
    public TimeSpan CutOff { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Longest wait while the state directory cannot be used; default 8 s.</summary>
    public TimeSpan StateRetryMax { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// What went before a tailscaled that ran for this long is forgotten: it starts again with the shortest wait, and at once if it served;
    /// default 10 s.
    /// </summary>
    public TimeSpan Stable { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a certificate call may take: as long as a CA in trouble may need; default 5 min.</summary>
    public TimeSpan Certificate { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a certificate that is not due is asked for again; default 12 h.</summary>
    public TimeSpan CertificateCheck { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How long a renewal may take before it counts as failed, and the shortest wait after one that did; default 1 min.</summary>
    public TimeSpan CertificateRenewal { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest wait after a failed certificate call; default 1 h.</summary>
    public TimeSpan CertificateRetryMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long requests in flight may take when the node stops; default 3 s, inside Docker's 10.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long tailscaled may take to end after SIGTERM; default 2 s.</summary>
    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(2);
}
