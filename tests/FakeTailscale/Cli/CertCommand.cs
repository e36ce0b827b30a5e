using System.Text;
using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale cert</c> (recordings cert-*.txt).</summary>
internal static class CertCommand
{
    public static async Task<int> RunAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(
            arguments, new HashSet<string> { "serve-demo" }, new HashSet<string> { "cert-file", "key-file", "min-validity" });
        string validity = flags.Text("min-validity", "0s");
        if (!GoDuration.TryParse(validity, out _))
        {
            throw new GoFlagException($"invalid value \"{validity}\" for flag -min-validity: parse error");
        }

        if (flags.Arguments.Count != 1)
        {
            throw new CliException(await UsageAsync(client, cancellation));
        }

        string name = flags.Arguments[0];
        string certificateFile = flags.Text("cert-file");
        string keyFile = flags.Text("key-file");
        if (certificateFile.Length == 0 && keyFile.Length == 0)
        {
            certificateFile = name.Replace('*', '_') + ".crt";
            keyFile = name.Replace('*', '_') + ".key";
        }

        string query = validity == "0s" ? "" : "&min_validity=" + validity;
        byte[] pair = await client.CallAsync("GET", $"cert/{Uri.EscapeDataString(name)}?type=pair{query}", null, cancellation);
        string text = Encoding.ASCII.GetString(pair);
        int split = text.IndexOf("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal);
        // What is printed must be nothing but PEM.
        Action<string> tell = certificateFile == "-" || keyFile == "-" ? CliOutput.Error : CliOutput.Out;
        Write(certificateFile, text[split..], "Public cert", "public cert", secret: false, tell);
        Write(keyFile, text[..split], "Private key", "private key", secret: true, tell);
        return 0;
    }

    private static void Write(string path, string content, string subject, string what, bool secret, Action<string> tell)
    {
        if (path.Length == 0)
        {
            return;
        }

        if (path == "-")
        {
            CliOutput.Out(content);
            return;
        }

        if (File.Exists(path) && File.ReadAllText(path) == content)
        {
            tell($"{subject} unchanged at {path}\n");
            return;
        }

        string temporary = $"{path}.tmp{Convert.ToUInt32(Native.RandomHex(4), 16)}";
        try
        {
            const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = secret ? Own : Own | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            };
            using (FileStream file = new(temporary, options))
            {
                file.Write(Encoding.ASCII.GetBytes(content));
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException failure)
        {
            throw new CliException(GoSocketError.Describe(failure, temporary), failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new CliException($"open {temporary}: permission denied", failure);
        }

        tell($"Wrote {what} to {path}\n");
    }

    private static async Task<string> UsageAsync(LocalClient client, CancellationToken cancellation)
    {
        using JsonDocument status = await client.StatusAsync(peers: false, cancellation);
        string[] domains = status.RootElement.Texts("CertDomains");
        string hint = status.RootElement.Text("BackendState") != "Running" ? "Tailscale is not running."
            : domains.Length == 0 ? "HTTPS cert support is not enabled/configured for your tailnet."
            : $"For domain, use \"{domains[0]}\".";
        return $"Usage: tailscale cert [flags] <domain>\n{hint}\n\n";
    }
}
