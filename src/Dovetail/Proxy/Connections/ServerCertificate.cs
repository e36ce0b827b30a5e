using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.Proxy.Connections;

/// <summary>A certificate with its chain and key, ready for handshakes.</summary>
/// <param name="Context">What each handshake uses; built once, offline (no AIA or OCSP fetch).</param>
/// <param name="Leaf">The certificate itself, for its names and dates.</param>
internal sealed record ServerCertificate(SslStreamCertificateContext Context, X509Certificate2 Leaf);
