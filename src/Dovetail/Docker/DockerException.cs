using System.Net;

namespace Dovetail.Docker;

/// <summary>The Engine could not be asked, or refused. The message says what happened and what to do about it.</summary>
internal sealed class DockerException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The Engine's answer, when there was one.</summary>
    public HttpStatusCode? StatusCode { get; init; }
}
