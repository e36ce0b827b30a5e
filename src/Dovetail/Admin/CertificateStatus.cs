namespace Dovetail.Admin;

/// <summary>The certificate in use.</summary>
internal sealed record CertificateStatus(string Name, DateTimeOffset NotAfter);
