using System.Collections.Concurrent;

namespace FakeTailscale.Control;

/// <summary>Faults of control and of the certificate authority. Every property may be set at any time, from any thread.</summary>
public sealed class ControlFaults
{
    private readonly Action _changed;
    private readonly ConcurrentDictionary<string, string> _refusedNames = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _refusedTags = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _whoIsErrors = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _hiddenNodes = new(StringComparer.OrdinalIgnoreCase);
    private long _registerDelay;
    private long _acmeDelay = TimeSpan.FromSeconds(6).Ticks;
    private long _certificateBackDating = TimeSpan.FromHours(1).Ticks;
    private long _certificateLifetime = TimeSpan.FromDays(90).Ticks;
    private int _acme;
    private int _control;
    private volatile TimeSpanBox? _acmeRetryAfter;
    private volatile bool _unreachable;
    private volatile bool _certificatesEnabled = true;
    private volatile bool _keyIsNotEnough;
    private volatile string? _registerError;
    private volatile string? _setDnsError;
    private volatile RateLimit? _rateLimit;
    private volatile IReadOnlyCollection<string>? _permittedTags;

    internal ControlFaults(Action changed) => _changed = changed;

    /// <summary>What control does with new connections of daemons.</summary>
    public ControlBehavior Control
    {
        get => (ControlBehavior)Volatile.Read(ref _control);
        set => Volatile.Write(ref _control, (int)value);
    }

    /// <summary>What the map poll of a node that is gone is answered. Default 400, as recorded; the control program says 404.</summary>
    public int GoneStatus { get; set; } = 400;

    /// <summary>How long every registration takes. Default zero.</summary>
    public TimeSpan RegisterDelay
    {
        get => new(Interlocked.Read(ref _registerDelay));
        set => Interlocked.Exchange(ref _registerDelay, value.Ticks);
    }

    /// <summary>The reason for which every registration is refused; null for none.</summary>
    public string? RegisterError
    {
        get => _registerError;
        set => _registerError = value;
    }

    /// <summary>True: connections are reset, then refused; false: the server is back on its port.</summary>
    public bool Unreachable
    {
        get => _unreachable;
        set
        {
            _unreachable = value;
            _changed();
        }
    }

    /// <summary>False: the tailnet issues no certificates (CertDomains is empty), as with Headscale or HTTPS switched off.</summary>
    public bool CertificatesEnabled
    {
        get => _certificatesEnabled;
        set
        {
            _certificatesEnabled = value;
            _changed();
        }
    }

    /// <summary>True: a node with a good auth key must log in as well.</summary>
    public bool KeyIsNotEnough
    {
        get => _keyIsNotEnough;
        set => _keyIsNotEnough = value;
    }

    /// <summary>What the certificate authority does.</summary>
    public AcmeBehavior Acme
    {
        get => (AcmeBehavior)Volatile.Read(ref _acme);
        set
        {
            Volatile.Write(ref _acme, (int)value);
            _changed();
        }
    }

    /// <summary>How long an order takes under <see cref="AcmeBehavior.Slow"/>. Default 6 s.</summary>
    public TimeSpan AcmeDelay
    {
        get => new(Interlocked.Read(ref _acmeDelay));
        set => Interlocked.Exchange(ref _acmeDelay, value.Ticks);
    }

    /// <summary>How far back new certificates begin. Default one hour.</summary>
    public TimeSpan CertificateBackDating
    {
        get => new(Interlocked.Read(ref _certificateBackDating));
        set => Interlocked.Exchange(ref _certificateBackDating, value.Ticks);
    }

    /// <summary>What the authority's Retry-After says under <see cref="AcmeBehavior.RateLimited429"/>; null for none.</summary>
    public TimeSpan? AcmeRetryAfter
    {
        get => _acmeRetryAfter?.Value;
        set => _acmeRetryAfter = value is { } time ? new TimeSpanBox(time) : null;
    }

    /// <summary>How long new certificates are valid from now on. Default 90 days.</summary>
    public TimeSpan CertificateLifetime
    {
        get => new(Interlocked.Read(ref _certificateLifetime));
        set => Interlocked.Exchange(ref _certificateLifetime, value.Ticks);
    }

    /// <summary>Why control does not publish DNS records for certificates; null when it does.</summary>
    public string? SetDnsError
    {
        get => _setDnsError;
        set => _setDnsError = value;
    }

    /// <summary>The tags that may be asked for; null: all.</summary>
    public IReadOnlyCollection<string>? PermittedTags
    {
        get => _permittedTags;
        set => _permittedTags = value;
    }

    internal RateLimit? RegisterLimit => _rateLimit;

    /// <summary>Answers registrations with 429.</summary>
    /// <param name="retryAfter">What the answer's Retry-After says; null for none.</param>
    /// <param name="times">How many; after these all is well. -1 for all.</param>
    public void LimitRegistrations(TimeSpan? retryAfter, int times = -1) => _rateLimit = new RateLimit(retryAfter, times);

    /// <summary>Ends <see cref="LimitRegistrations"/>.</summary>
    public void UnlimitRegistrations() => _rateLimit = null;

    /// <summary>Refuses registrations of nodes with that host name.</summary>
    public void RefuseNode(string name, string reason) => _refusedNames[name] = reason;

    /// <summary>Ends <see cref="RefuseNode"/>.</summary>
    public void AcceptNode(string name) => _refusedNames.TryRemove(name, out _);

    /// <summary>Refuses a tag to everybody.</summary>
    public void RefuseTag(string tag) => _refusedTags[tag] = true;

    /// <summary>Ends <see cref="RefuseTag"/>.</summary>
    public void PermitTag(string tag) => _refusedTags.TryRemove(tag, out _);

    /// <summary>Leaves a node out of what other nodes are told, so that whois does not know it.</summary>
    public void HideNode(string name)
    {
        _hiddenNodes[name] = true;
        _changed();
    }

    /// <summary>Ends <see cref="HideNode"/>.</summary>
    public void ShowNode(string name)
    {
        _hiddenNodes.TryRemove(name, out _);
        _changed();
    }

    /// <summary>Makes the daemon of that host name answer every whois with 500; all else of it works. An empty error ends that.</summary>
    public void FailWhoIs(string name, string error)
    {
        _whoIsErrors[name] = error;
        _changed();
    }

    internal string? RefusalOf(string name) => _refusedNames.GetValueOrDefault(name) ?? _registerError;

    internal bool Permits(string tag) => !_refusedTags.ContainsKey(tag) && _permittedTags?.Contains(tag) != false;

    internal string WhoIsErrorOf(string name) => _whoIsErrors.GetValueOrDefault(name) ?? "";

    internal bool IsHidden(string name) => _hiddenNodes.ContainsKey(name);
}

/// <summary>What control does with new connections of daemons.</summary>
public enum ControlBehavior
{
    /// <summary>Answers.</summary>
    Ok,

    /// <summary>Answers 500.</summary>
    Error500,

    /// <summary>Takes requests and never answers.</summary>
    Hang,
}

/// <summary>A time that can be replaced at once.</summary>
internal sealed record TimeSpanBox(TimeSpan Value);

/// <summary>A limit that answers 429 so many times.</summary>
internal sealed class RateLimit(TimeSpan? retryAfter, int times)
{
    private readonly bool _unlimited = times < 0;
    private int _left = times;

    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>True when this request is over the limit.</summary>
    public bool Take() => _unlimited || Interlocked.Decrement(ref _left) >= 0;
}
