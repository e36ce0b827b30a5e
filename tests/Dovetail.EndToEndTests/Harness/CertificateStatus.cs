namespace Dovetail.EndToEndTests.Harness;

internal sealed record CertificateStatus(string Name, DateTimeOffset NotAfter);
