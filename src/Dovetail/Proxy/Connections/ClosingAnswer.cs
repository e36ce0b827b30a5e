namespace Dovetail.Proxy.Connections;

/// <summary>Ends a connection of HTTP/1 with the answer, whatever the application or an error page says.</summary>
internal static class ClosingAnswer
{
    public static void To(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            context.Response.OnStarting(static state => Close((HttpContext)state), context);
        }
    }

    private static Task Close(HttpContext context)
    {
        // After 101 it is no connection of HTTP any more.
        if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }
}
