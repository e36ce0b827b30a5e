using Dovetail.Docker;

namespace Dovetail.Services;

/// <summary>A container that asks for a service's name.</summary>
internal sealed record ServiceClaim(Container Container, ServiceDeclaration Service);
