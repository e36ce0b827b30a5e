using System.Text;
using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary>What <c>up</c> refuses before it changes anything (recordings up-hostname.txt, up-tags.txt and up-errors-*.txt).</summary>
internal static class UpChecks
{
    private const int LongestLabel = 63;

    /// <exception cref="CliException">Not a host name.</exception>
    public static void Hostname(string name)
    {
        foreach (string label in name.Length == 0 ? [] : name.Split('.'))
        {
            if (Encoding.UTF8.GetByteCount(label) > LongestLabel)
            {
                throw new CliException($"\"{label}\" is too long, max length is {LongestLabel} bytes");
            }

            if (label.Length == 0 || !char.IsAsciiLetterOrDigit(label[0]))
            {
                throw new CliException($"\"{label}\" is not a valid DNS label: must start with a letter or number");
            }

            if (!char.IsAsciiLetterOrDigit(label[^1]))
            {
                throw new CliException($"\"{label}\" is not a valid DNS label: must end with a letter or number");
            }

            foreach (char character in label)
            {
                if (!char.IsAsciiLetterOrDigit(character) && character != '-')
                {
                    throw new CliException($"\"{label}\" is not a valid DNS label: contains invalid character '{character}'");
                }
            }
        }
    }

    /// <exception cref="CliException">Not a tag.</exception>
    public static void Tags(IEnumerable<string> tags)
    {
        foreach (string tag in tags)
        {
            string? trouble = !tag.StartsWith("tag:", StringComparison.Ordinal) ? "tags must start with 'tag:'"
                : tag.Length == 4 ? "tag names must not be empty"
                : !char.IsAsciiLetter(tag[4]) ? "tag names must start with a letter, after 'tag:'"
                : tag[4..].Any(static character => !char.IsAsciiLetterOrDigit(character) && character != '-')
                    ? "tag names can only contain numbers, letters, or dashes"
                : null;
            if (trouble is not null)
            {
                throw new CliException($"tag: \"{tag}\": {trouble}");
            }
        }
    }

    /// <summary>Without <c>--reset</c>, every setting that differs from its default must be mentioned.</summary>
    /// <exception cref="CliException">One is missing.</exception>
    public static void AccidentalReverts(UpFlags flags, JsonElement prefs)
    {
        List<string> missing = [];
        Add("accept-dns", prefs.IsTrue("CorpDNS") ? null : "--accept-dns=false");
        Add("accept-routes", prefs.IsTrue("RouteAll") ? "--accept-routes" : null);
        Add("advertise-tags", prefs.Texts("AdvertiseTags") is { Length: > 0 } tags ? $"--advertise-tags={string.Join(',', tags)}" : null);
        Add("hostname", prefs.Text("Hostname") is { Length: > 0 } name ? $"--hostname={name}" : null);
        Add(
            "login-server",
            prefs.Text("ControlURL") is { Length: > 0 } url && url != UpFlags.DefaultServer ? $"--login-server={url}" : null);
        Add("operator", prefs.Text("OperatorUser") is { Length: > 0 } user ? $"--operator={user}" : null);
        Add("shields-up", prefs.IsTrue("ShieldsUp") ? "--shields-up" : null);
        if (missing.Count == 0)
        {
            return;
        }

        IEnumerable<string> given = flags.Given.Where(static name => name is not ("auth-key" or "authkey"))
            .Select(name => $"--{name}={flags.Text(name)}");
        throw new CliException(
            $"""
            Error: changing settings via 'tailscale up' requires mentioning all
            non-default flags. To proceed, either re-run your command with --reset or
            use the command below to explicitly mention the current value of
            all non-default settings:

            	tailscale up {string.Join(' ', given.Concat(missing))}

            """ + "\n");

        void Add(string name, string? mention)
        {
            if (mention is not null && !flags.Has(name))
            {
                missing.Add(mention);
            }
        }
    }
}
