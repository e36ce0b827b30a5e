namespace FakeTailscale.Http;

/// <summary>Reason phrases of the status codes in use.</summary>
internal static class HttpStatus
{
    public static string Reason(int status) => status switch
    {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        412 => "Precondition Failed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        _ => "Status",
    };
}
