using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Services.Files;

/// <summary>One service of a services file. Compares by content.</summary>
internal sealed record FileService
{
    /// <summary>Where it is written: <c>FILE:LINE</c>, fit to print.</summary>
    public required string Origin { get; init; }

    /// <summary>What labels would say, by the names of labels. Always with <c>name</c>.</summary>
    public EquatableArray<FileWord> Words { get; init; }

    /// <summary>What is wrong with what is no label's; fit to print.</summary>
    public EquatableArray<string> Errors { get; init; }

    /// <summary>Its containers; none where it names addresses.</summary>
    public ContainerSelection Containers { get; init; } = ContainerSelection.None;

    /// <summary>Where HTTP goes; none where it names containers, and for raw TCP only.</summary>
    public EquatableArray<FileUpstream> Upstreams { get; init; }

    /// <summary>Where raw TCP goes, by port on the tailnet; none where it names containers.</summary>
    public EquatableArray<TcpUpstream> Tcp { get; init; }

    /// <summary>As it is written, in order or not.</summary>
    public string Name => ValueOf(ServiceLabels.Name) ?? "";

    /// <summary>Whether a word of it is a switch in that position.</summary>
    public bool Says(string word, bool value) => ValueOf(word) is { } text && BoolSyntax.TryParse(text.Trim(), out var said) && said == value;

    private string? ValueOf(string name) => Words.FirstOrDefault(word => word.Name == name)?.Value;
}

/// <summary>A word of a service, and where it is written.</summary>
/// <param name="Name">As of a label, without its prefix.</param>
/// <param name="Value">As of a label: a list is a comma list.</param>
/// <param name="Place">In the file, as messages name it.</param>
internal sealed record FileWord(string Name, string Value, string Place);

/// <summary>An address that answers HTTP.</summary>
/// <param name="Host">IP address (IPv6 without brackets) or host name.</param>
/// <param name="Port">1–65535.</param>
internal sealed record FileUpstream(UpstreamScheme Scheme, string Host, int Port);
