using Dovetail.Containers;
using Dovetail.Services.Labels;

namespace Dovetail.Services;

/// <summary>A container that asks for a service's name.</summary>
internal sealed record ServiceClaim(Container Container, ServiceDeclaration Service);
