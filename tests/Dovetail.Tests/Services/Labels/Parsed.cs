using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Services.Labels;

/// <summary>What comes of the labels of a container named <c>web</c>.</summary>
internal static class Parsed
{
    public static readonly ServiceOptions Defaults = new();

    public static LabelParseResult Parse(params string[] labels) => LabelParser.Parse(SampleContainer.With(labels), Defaults);

    /// <summary>The one service, without anything to remark.</summary>
    public static ServiceDeclaration Only(params string[] labels)
    {
        var result = Parse(labels);
        Assert.Empty(result.Rejected);
        Assert.Empty(result.Warnings);
        return Assert.Single(result.Services);
    }
}
