using System.Globalization;

namespace FakeTailscale.LocalApi;

/// <summary>User names of the host.</summary>
internal static class UserNames
{
    /// <summary>The number of a user given by name or number; null when there is none.</summary>
    public static uint? Find(string name)
    {
        if (uint.TryParse(name, CultureInfo.InvariantCulture, out uint number))
        {
            return number;
        }

        foreach (string line in File.Exists("/etc/passwd") ? File.ReadLines("/etc/passwd") : [])
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == name && uint.TryParse(fields[2], CultureInfo.InvariantCulture, out number))
            {
                return number;
            }
        }

        return null;
    }
}
