namespace ProfileMaker.Profiles;

/// <summary>One profile a method, out of any number of traces.</summary>
internal sealed class ProfileSet
{
    private readonly Dictionary<string, MethodProfile> _profiles = [];

    public void Add(MethodProfile profile)
    {
        var key = profile.Method.Key;
        _profiles[key] = _profiles.TryGetValue(key, out var known) ? known.Merge(profile) : profile;
    }

    /// <summary>Those whose counters add up to so much, in an order that is the same for every run.</summary>
    public IEnumerable<MethodProfile> AtLeast(long minimum) =>
        _profiles.Values.Where(profile => profile.Total >= minimum).OrderBy(profile => profile.Method.Key, StringComparer.Ordinal);
}
