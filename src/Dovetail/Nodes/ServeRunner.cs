using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Tells tailscaled where the listener is, and notes how it went.</summary>
internal sealed class ServeRunner(NodeDependencies dependencies, ILocalApi api, NodeFactsStore facts)
{
    /// <exception cref="OperationCanceledException">The session is over.</exception>
    public async Task RunAsync(ServeTarget target, DaemonSession session, CancellationToken cancellationToken)
    {
        try
        {
            await api.SetServeConfigAsync(ServeConfig.For(target), cancellationToken);
            facts.Change(known => known with { Serve = new ServeFacts { Applied = target } });
            session.PollSoon();
        }
        catch (LocalApiException refused)
        {
            var retryAt = dependencies.Time.GetUtcNow() + dependencies.Options.Timings.RetryMin;
            facts.Change(known => known with { Serve = known.Serve with { Error = refused.Message, RetryAt = retryAt } });
        }
    }
}
