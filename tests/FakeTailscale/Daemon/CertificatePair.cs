namespace FakeTailscale.Daemon;

/// <summary>A certificate chain, leaf first, and its key, both in PEM.</summary>
internal sealed record CertificatePair(byte[] Certificate, byte[] Key);
