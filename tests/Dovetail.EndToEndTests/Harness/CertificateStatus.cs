namespace Dovetail.EndToEndTests.Harness;

internal sealed record CertificateStatus(DateTimeOffset NotAfter, IReadOnlyList<string> Names);
