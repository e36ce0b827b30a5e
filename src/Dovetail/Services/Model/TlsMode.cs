namespace Dovetail.Services.Model;

/// <summary>What <c>dovetail.tls</c> asks for.</summary>
internal enum TlsMode
{
    /// <summary>HTTPS when the tailnet issues certificates, else plain HTTP on port 80.</summary>
    Auto,

    /// <summary>HTTPS or an error.</summary>
    On,

    /// <summary>Plain HTTP on port 80.</summary>
    Off,
}
