using System.Globalization;
using System.Net;

namespace LoadBench.Stages;

/// <summary>Configurations of nginx: as the application behind every side, and as the proxy that Dovetail is held against.</summary>
internal static class NginxConfig
{
    // Without it, nginx ends a connection after a thousand requests.
    private const long RequestsPerConnection = 1_000_000_000;

    /// <summary>Serves the files of a directory, on all addresses of its container.</summary>
    public static string Application(string files) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        worker_processes {{Environment.ProcessorCount}};
        pid /tmp/nginx.pid;
        error_log stderr error;
        events { worker_connections 4096; }
        http {
            {{TemporaryPaths("/tmp")}}
            access_log off;
            sendfile on;
            tcp_nopush on;
            keepalive_requests {{RequestsPerConnection}};
            keepalive_timeout 600s;
            server {
                listen 80 backlog=4096;
                location / { root {{files}}; }
            }
        }
        """);

    /// <summary>Ends TLS and passes on as Dovetail does: nothing buffered on disk, keep-alive to the applications, who the client is in headers.</summary>
    /// <param name="directory">Its own, for its pid and temporary files.</param>
    public static string Proxy(
        string directory, IPEndPoint listen, ServedNode node, IPEndPoint files, IPEndPoint sink, IPEndPoint sockets) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            user root;
            worker_processes {{Environment.ProcessorCount}};
            pid {{directory}}/nginx.pid;
            error_log stderr error;
            worker_rlimit_nofile 65536;
            events { worker_connections 16384; }
            http {
                {{TemporaryPaths(directory)}}
                access_log off;
                keepalive_requests {{RequestsPerConnection}};
                keepalive_timeout 600s;
                upstream files { server {{files}}; keepalive 256; keepalive_requests {{RequestsPerConnection}}; }
                upstream sink { server {{sink}}; keepalive 256; keepalive_requests {{RequestsPerConnection}}; }
                upstream sockets { server {{sockets}}; }
                map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
                server {
                    listen {{listen}} ssl http2 proxy_protocol backlog=4096;
                    ssl_certificate {{node.Certificate}};
                    ssl_certificate_key {{node.Key}};
                    ssl_protocols TLSv1.2 TLSv1.3;
                    ssl_session_cache shared:tls:10m;
                    ssl_session_tickets on;
                    # Windows for uploads over HTTP/2: with the default of 64 KiB a distant client would be measured, not nginx.
                    http2_body_preread_size 4m;
                    client_body_buffer_size 4m;
                    client_max_body_size 0;
                    proxy_http_version 1.1;
                    proxy_request_buffering off;
                    proxy_max_temp_file_size 0;
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Real-IP $proxy_protocol_addr;
                    proxy_set_header X-Forwarded-For $proxy_protocol_addr;
                    proxy_set_header X-Forwarded-Host $http_host;
                    proxy_set_header X-Forwarded-Proto https;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;
                    location / { proxy_pass http://files; }
                    location /sink { proxy_pass http://sink; }
                    location /socket { proxy_pass http://sockets; proxy_read_timeout 1h; }
                }
            }
            """);

    private static string TemporaryPaths(string directory) => string.Join(
        ' ', ((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]).Select(name => $"{name}_temp_path {directory}/{name};"));
}
