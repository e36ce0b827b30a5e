using Dovetail.Common;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>Rules of <c>dovetail.allow</c> as a label gives them.</summary>
internal static class Rules
{
    public static EquatableArray<AccessRule> Of(string allow)
    {
        Assert.Null(AllowSyntax.Read(allow, out var rules));
        return rules;
    }
}
