using System.Globalization;
using System.Net;

namespace FakeTailscale.Http;

/// <summary>The address in a server's URL.</summary>
internal static class ServerAddress
{
    /// <summary>Host and port as Go prints a dialled address.</summary>
    public static string HostPort(string url)
    {
        Uri uri = new(url);
        return string.Create(CultureInfo.InvariantCulture, $"{uri.Host}:{uri.Port}");
    }

    public static EndPoint EndPoint(string url)
    {
        Uri uri = new(url);
        return IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address)
            ? new IPEndPoint(address, uri.Port)
            : new DnsEndPoint(uri.Host, uri.Port);
    }
}
