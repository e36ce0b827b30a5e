using Dovetail.Nodes.Facts;
using Dovetail.Notifications.Messages;
using Dovetail.Notifications.Receivers;

namespace Dovetail.Notifications;

/// <summary>What the configuration says about notifications.</summary>
/// <param name="Receivers">Where they go.</param>
/// <param name="Watch">How long something has to last to be told.</param>
/// <param name="Least">Nothing of a lower severity is told.</param>
/// <param name="TellsLoginUrls">Whether messages hold login URLs.</param>
internal sealed record NotifyOptions(ReceiverSource Receivers, WatchOptions Watch, Severity Least, bool TellsLoginUrls);
