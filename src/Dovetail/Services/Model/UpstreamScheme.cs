namespace Dovetail.Services.Model;

/// <summary>How Dovetail speaks to the container (<c>dovetail.scheme</c>).</summary>
internal enum UpstreamScheme
{
    Http,
    Https,

    /// <summary>HTTPS whose certificate is not checked: self-signed upstreams.</summary>
    HttpsInsecure,

    /// <summary>Cleartext HTTP/2 with prior knowledge (gRPC).</summary>
    H2c,
}
