using System.Globalization;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Http;

namespace FakeTailscale.Control;

/// <summary>
/// What a test asks of a control server that is a program of its own (<c>/rig/…</c>): what it knows, and faults to begin and end. The
/// last four are the stand-in's alone; a test that needs one is skipped where it is answered 404.
/// </summary>
internal sealed class RigApi(TestControlServer server)
{
    /// <summary>Whether a request is a test's or a browser's rather than a daemon's.</summary>
    public static bool IsMeant(string path) =>
        path.StartsWith("/rig/", StringComparison.Ordinal) || path.StartsWith("/auth/", StringComparison.Ordinal);

    public async Task HandleAsync(HttpExchange exchange)
    {
        try
        {
            await AnswerAsync(exchange);
        }
        catch (InvalidOperationException unknown)
        {
            await ControlApi.SendAsync(exchange, 400, unknown.Message + "\n");
        }
    }

    private Task AnswerAsync(HttpExchange exchange) => (exchange.Request.Method, exchange.Request.Path) switch
    {
        ("GET", "/rig/nodes") => SendAsync(exchange, RigDocuments.Nodes(server)),
        ("GET", "/rig/registrations") => SendAsync(exchange, RigDocuments.Registrations(server)),
        ("GET", "/rig/acme") => SendAsync(exchange, RigDocuments.Acme(server)),
        ("GET", var path) when path.StartsWith("/auth/", StringComparison.Ordinal) => CompleteLoginAsync(exchange, path),
        ("POST", var path) when Knob(path) is { } knob => ApplyAsync(exchange, knob),
        _ => ControlApi.SendAsync(exchange, 404, "404 page not found\n"),
    };

    private Action<HttpRequest>? Knob(string path) => path switch
    {
        "/rig/keys" => ChangeKey,
        "/rig/expire" => Expire,
        "/rig/delete" => request => server.DeleteNode(Node(request), quiet: IsOn(request, "quiet", otherwise: false)),
        "/rig/approve" => request => server.Approve(Node(request), IsOn(request)),
        "/rig/machineauth" => request => server.RequireApproval = IsOn(request),
        "/rig/rename" => request => server.RenameNode(Node(request), request.Query("name") ?? ""),
        "/rig/https" => request => server.Faults.CertificatesEnabled = IsOn(request),
        "/rig/tags" => request => server.Faults.PermittedTags = request.Query("allow") is { } tags ? Words(tags) : null,
        "/rig/appcaps" => GrantAll,
        "/rig/control" => ChangeControl,
        "/rig/acme" => ChangeAcme,
        _ when Knobs.OnlyCommonRig => null,
        "/rig/oauth" => request => server.AddOAuthClient(request.Query("secret") ?? "", Words(request.Query("tags") ?? "")),
        "/rig/delay" => request => server.Faults.RegisterDelay = Time(request, "register") ?? TimeSpan.Zero,
        "/rig/whois" => request => server.Faults.FailWhoIs(request.Query("host") ?? "", request.Query("error") ?? ""),
        "/rig/capability" => request =>
            server.GrantCapability(Node(request).Split('.')[0], request.Query("name") ?? ""),
        _ => null,
    };

    private static async Task ApplyAsync(HttpExchange exchange, Action<HttpRequest> knob)
    {
        knob(exchange.Request);
        await ControlApi.SendAsync(exchange, 200, "");
    }

    // A browser that opens the login URL, and somebody who logs in there.
    private async Task CompleteLoginAsync(HttpExchange exchange, string path)
    {
        server.CompleteLogin(server.Url + path, exchange.Request.Query("user"));
        await ControlApi.SendAsync(exchange, 200, "logged in\n");
    }

    private void ChangeKey(HttpRequest request)
    {
        string key = request.Query("key") ?? "";
        if (IsOn(request, "revoke", otherwise: false))
        {
            server.RevokeAuthKey(key);
            return;
        }

        server.AddAuthKey(
            key,
            new AuthKeyOptions
            {
                User = request.Query("user"),
                Tags = Words(request.Query("tags") ?? ""),
                Reusable = IsOn(request, "reusable", otherwise: false),
                Ephemeral = IsOn(request, "ephemeral", otherwise: false),
                Expired = IsOn(request, "expired", otherwise: false),
                Used = IsOn(request, "used", otherwise: false),
            });
    }

    private void Expire(HttpRequest request)
    {
        string node = Node(request);
        if (request.Query("in") == "never")
        {
            server.SetKeyExpiry(node, null);
        }
        else if (Time(request, "in") is { } left)
        {
            server.SetKeyExpiry(node, TimeProvider.System.GetUtcNow() + left);
        }
        else
        {
            server.ExpireNode(node);
        }
    }

    private void GrantAll(HttpRequest request)
    {
        using JsonDocument body = JsonDocument.Parse(request.Body);
        foreach (JsonProperty capability in body.RootElement.EnumerateObject())
        {
            server.GrantCapability("*", capability.Name, capability.Value.GetRawText());
        }
    }

    private void ChangeControl(HttpRequest request)
    {
        server.Faults.Control = request.Query("mode") switch
        {
            null or "ok" => ControlBehavior.Ok,
            "500" => ControlBehavior.Error500,
            "hang" => ControlBehavior.Hang,
            var other => throw new InvalidOperationException($"unknown mode {other}"),
        };
        if (int.TryParse(request.Query("register429"), CultureInfo.InvariantCulture, out int seconds))
        {
            server.Faults.LimitRegistrations(TimeSpan.FromSeconds(seconds));
        }
        else
        {
            server.Faults.UnlimitRegistrations();
        }
    }

    private void ChangeAcme(HttpRequest request)
    {
        ControlFaults faults = server.Faults;
        faults.AcmeDelay = Time(request, "delay") ?? faults.AcmeDelay;
        faults.CertificateLifetime = Time(request, "lifetime") ?? faults.CertificateLifetime;
        faults.CertificateBackDating = Time(request, "back") ?? faults.CertificateBackDating;
        faults.AcmeRetryAfter = int.TryParse(request.Query("retry"), CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
        faults.Acme = request.Query("mode") switch
        {
            null => faults.Acme,
            "ok" => request.Query("delay") is null or "0" or "0s" ? AcmeBehavior.Ok : AcmeBehavior.Slow,
            "500" => AcmeBehavior.Error500,
            "429" => AcmeBehavior.RateLimited429,
            "hang" => AcmeBehavior.Hang,
            "reject" => AcmeBehavior.RefuseChallenge,
            var other => throw new InvalidOperationException($"unknown mode {other}"),
        };
    }

    /// <exception cref="InvalidOperationException">There is no such machine.</exception>
    private string Node(HttpRequest request)
    {
        string wanted = request.Query("node") ?? "";
        return server.Nodes.LastOrDefault(
            node => wanted == node.StableId || wanted == node.Id.ToString(CultureInfo.InvariantCulture)
                || wanted.Equals(node.DnsName, StringComparison.OrdinalIgnoreCase)
                || wanted.Equals(node.DnsName.Split('.')[0], StringComparison.OrdinalIgnoreCase)
                || wanted.Equals(node.Name, StringComparison.OrdinalIgnoreCase))?.DnsName
            ?? throw new InvalidOperationException($"there is no machine {wanted}");
    }

    private static bool IsOn(HttpRequest request, string name = "on", bool otherwise = true) =>
        request.Query(name) is { } value ? value is not ("0" or "false") : otherwise;

    private static TimeSpan? Time(HttpRequest request, string name) =>
        request.Query(name) is { } text && GoDuration.TryParse(text, out TimeSpan time) ? time : null;

    private static string[] Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static Task SendAsync(HttpExchange exchange, byte[] document) => exchange.SendAsync(200, new HttpHeaders(), document);
}
