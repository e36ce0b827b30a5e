using System.Net;
using Dovetail.Common;
using Dovetail.Proxy.Identity;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Answers who a peer is by the whois of the node's own tailscaled.</summary>
internal sealed class PeerDirectory(ILocalApi api, NodeFactsStore facts) : IPeerDirectory
{
    public async Task<Peer?> WhoIsAsync(IPEndPoint peer, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await api.WhoIsAsync(peer.Address, cancellationToken);
            return answer?.Node is null ? null : Read(answer, facts.Current.Tailnet.Status?.CurrentTailnet?.Name ?? "");
        }
        catch (LocalApiException error)
        {
            throw new PeerLookupException(error.Message, error);
        }
    }

    private static Peer Read(WhoIsResponse answer, string tailnet)
    {
        var tags = (answer.Node?.Tags ?? []).ToEquatableArray();
        var user = answer.UserProfile;
        return new Peer
        {
            NodeName = answer.Node?.Name?.TrimEnd('.') ?? "",
            Tags = tags,
            // A tagged device has the placeholder user "tagged-devices": it acts for nobody.
            User = tags.Count > 0 || string.IsNullOrEmpty(user?.LoginName)
                ? null
                : new PeerUser(user.LoginName, user.DisplayName ?? "", user.ProfilePicUrl ?? "", tailnet),
            Capabilities = (answer.CapMap?.Keys ?? []).Order(StringComparer.Ordinal).ToEquatableArray(),
        };
    }
}
