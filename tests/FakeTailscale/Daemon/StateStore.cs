using System.Text;
using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>
/// <c>tailscaled.state</c>: JSON, values in base64, mode 0600, replaced as a whole. A store that cannot be opened leaves the daemon alive
/// with <see cref="Failure"/> set, and the file as it is (recorded).
/// </summary>
internal sealed class StateStore
{
    private const string MachineKeyName = "_machinekey";
    private const string CurrentProfileName = "_current-profile";

    private readonly string _path;
    private readonly bool _memory;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private StateStore(string path, bool memory)
    {
        _path = path;
        _memory = memory;
    }

    /// <summary>Why the store could not be opened; null when it works.</summary>
    public string? Failure { get; private set; }

    public bool IsMemory => _memory;

    public string? MachineKey => Get(MachineKeyName);

    private string Profile => Get(CurrentProfileName) ?? "";

    public static StateStore Open(string path, string stateDirectory, bool memory)
    {
        StateStore store = new(path, memory);
        if (memory)
        {
            return store;
        }

        try
        {
            CreateDirectory(Path.GetDirectoryName(path)!);
            if (stateDirectory.Length > 0)
            {
                CreateDirectory(stateDirectory);
            }
        }
        catch (StateStoreException failure) when (!File.Exists(Path.GetDirectoryName(path)))
        {
            store.Failure = failure.Message;
            return store;
        }
        catch (StateStoreException)
        {
            // A file in the directory's place shows when the state is opened.
        }

        store.Load();
        return store;
    }

    public Prefs? LoadPrefs()
    {
        if (Profile.Length == 0 || Get(Profile) is not { } text)
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(text);
        return Prefs.Read(document.RootElement);
    }

    public string? LoadServeConfig() => Get("_serve/" + Profile.Replace("profile-", "", StringComparison.Ordinal));

    /// <exception cref="StateStoreException">The file cannot be written; its old content stays.</exception>
    public void SaveMachineKey(string key) => Set((MachineKeyName, key));

    /// <summary>Keeps the preferences of the profile, which is made when there is none.</summary>
    public void SavePrefs(Prefs prefs)
    {
        string profile = Profile.Length > 0 ? Profile : "profile-" + Native.RandomHex(2);
        string text = Encoding.UTF8.GetString(Json.Line(writer => prefs.Write(writer, secret: true)));
        string id = profile[8..];
        string profiles = $$"""{"{{id}}":{"ID":"{{id}}","Name":"{{prefs.Identity?.User.LoginName}}","Key":"profile-{{id}}"} }""";
        Set((CurrentProfileName, profile), (profile, text), ("_profiles", profiles));
    }

    public void SaveServeConfig(string? json) => Set(("_serve/" + Profile.Replace("profile-", "", StringComparison.Ordinal), json));

    /// <summary>Forgets the profile, as a logout does; the machine key stays.</summary>
    public void DeleteProfile() =>
        Set(
            (Profile, null),
            ("_serve/" + Profile.Replace("profile-", "", StringComparison.Ordinal), null),
            ("_profiles", "{}"),
            (CurrentProfileName, null));

    private static void CreateDirectory(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return;
            }

            if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
            {
                CreateDirectory(parent);
            }

            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StateStoreException($"creating state directory: mkdir {path}: permission denied");
        }
        catch (IOException failure)
        {
            throw new StateStoreException($"creating state directory: {GoSocketError.Describe(failure, path)}");
        }
    }

    private void Load()
    {
        const string Migrate = "failed to migrate existing TPM-sealed state file to plaintext format: ";
        byte[] content;
        try
        {
            content = File.ReadAllBytes(_path);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException)
        {
            Failure = $"{Migrate}open {_path}: permission denied";
            return;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            if (File.Exists(Path.GetDirectoryName(_path)))
            {
                Failure = $"{Migrate}open {_path}: not a directory";
                return;
            }

            try
            {
                Save();
            }
            catch (StateStoreException reason) when (!reason.Message.EndsWith("no space left on device", StringComparison.Ordinal))
            {
                Failure = reason.Message;
            }
            catch (StateStoreException)
            {
                // A full disk shows at the first login, not at start (recorded).
            }

            return;
        }
        catch (IOException failure)
        {
            Failure = Migrate + GoSocketError.Describe(failure, _path);
            return;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                _values[property.Name] = Encoding.UTF8.GetString(property.Value.GetBytesFromBase64());
            }
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            Failure = $"{Migrate}failed to unmarshal \"{_path}\": {GoJsonError.Describe(content, stream: false)}";
        }
    }

    private string? Get(string name) => _values.GetValueOrDefault(name);

    private void Set(params ReadOnlySpan<(string Name, string? Value)> changes)
    {
        Dictionary<string, string> before = new(_values);
        foreach ((string name, string? value) in changes)
        {
            if (value is null)
            {
                _values.Remove(name);
            }
            else
            {
                _values[name] = value;
            }
        }

        if (_memory || Failure is not null)
        {
            return;
        }

        try
        {
            Save();
        }
        catch (StateStoreException)
        {
            _values.Clear();
            foreach ((string name, string value) in before)
            {
                _values[name] = value;
            }

            throw;
        }
    }

    private void Save()
    {
        byte[] content = Json.Tabbed(writer =>
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in _values.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteBase64String(name, Encoding.UTF8.GetBytes(value));
            }

            writer.WriteEndObject();
        });
        string temporary = $"{_path}.tmp{Convert.ToUInt32(Native.RandomHex(4), 16)}";
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (FileStream file = new(temporary, options))
            {
                file.Write(content);
            }

            File.Move(temporary, _path, overwrite: true);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StateStoreException($"open {temporary}: permission denied");
        }
        catch (IOException failure)
        {
            File.Delete(temporary);
            throw new StateStoreException(GoSocketError.Describe(failure, temporary));
        }
    }
}

/// <summary>The state file could not be read or written; the message is the one Tailscale gives.</summary>
internal sealed class StateStoreException : Exception
{
    public StateStoreException()
    {
    }

    public StateStoreException(string message)
        : base(message)
    {
    }

    public StateStoreException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
