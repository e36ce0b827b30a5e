using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>Checks of settings that are right one by one but not together.</summary>
internal static class ServiceChecks
{
    /// <summary>Refuses, in <paramref name="labels"/>, what cannot be.</summary>
    public static void RefuseContradictions(ServiceDeclaration service, LabelReader labels, ServiceOptions defaults)
    {
        if (service.Port is not null)
        {
            foreach (var forward in service.Tcp.Where(static forward => forward.NodePort is 80 or 443))
            {
                labels.RefuseLabel(
                    $"{ServiceLabels.Tcp}.{forward.NodePort}", "ports 80 and 443 on the tailnet serve HTTP; take another port");
            }
        }

        if (Opened(service) is { } opened)
        {
            labels.Refuse(
                ServiceLabels.PassHeaders,
                $"clients could set {opened}, which {labels.Label(ServiceLabels.Headers)} makes the word of the proxy; remove one of the two labels");
        }

        if (!service.Identity && service.LoginHeaders != LoginHeaders.None)
        {
            labels.Refuse(
                ServiceLabels.Headers, $"{labels.Label(ServiceLabels.Identity)}=false passes no identity on; remove one of the two labels");
        }

        if (service.Forwarded == ForwardedMode.Trust && !labels.Has(ServiceLabels.ForwardedFrom))
        {
            labels.Refuse(
                ServiceLabels.Forwarded,
                $"say whose word is passed on: set {labels.Label(ServiceLabels.ForwardedFrom)}, such as to tag:proxy");
        }

        if (service.Funnel && WhyNoFunnel(service, labels, defaults) is { } reason)
        {
            labels.Refuse(ServiceLabels.Funnel, reason);
        }
    }

    // The first header that clients may set although the container takes logins from headers of its kind; null: there is none.
    private static string? Opened(ServiceDeclaration service)
    {
        string[] prefixes = service.LoginHeaders switch
        {
            LoginHeaders.RemoteUser => ["remote-", "x-remote-"],
            LoginHeaders.AuthRequest => ["x-auth-request-"],
            LoginHeaders.WebAuth => ["x-webauth-"],
            _ => [],
        };
        return service.PassHeaders.FirstOrDefault(
            name => Array.Exists(prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    private static string? WhyNoFunnel(ServiceDeclaration service, LabelReader labels, ServiceOptions defaults) =>
        !defaults.AllowFunnel
            ? "this daemon does not allow Funnel; start it with DOVETAIL_ALLOW_FUNNEL=true to let labels make services public"
        : service.Tls == TlsMode.Off ? $"Funnel needs HTTPS; remove {labels.Label(ServiceLabels.Tls)}"
        : service.Port is null && labels.Errors.Count == 0 ? $"Funnel needs HTTP; set {labels.Label(ServiceLabels.Port)}"
        : null;
}
