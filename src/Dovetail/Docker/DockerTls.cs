namespace Dovetail.Docker;

/// <summary>How to speak TLS to the Engine.</summary>
/// <param name="CertPath">Folder with <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>; read again for each connection.</param>
/// <param name="Verify">Whether the Engine's certificate must chain to <c>ca.pem</c> and name the host.</param>
internal sealed record DockerTls(string CertPath, bool Verify);
