# Builds with BuildKit and with the Engine's classic builder (DOCKER_BUILDKIT=0). Native code is linked on the platform that it is for:
# build the arm64 image on arm64. Building it elsewhere would have to be emulated, which nobody has tried.

# The official binaries that Dovetail supervises; 1.92 or later (PROXY protocol).
ARG TAILSCALE_VERSION=v1.102.3
ARG TAILSCALE_IMAGE=tailscale/tailscale:${TAILSCALE_VERSION}
# With the native linker.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble-aot
# The C library of the SDK's image, OpenSSL and CA certificates; no .NET, no shell.
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
# The shell of entrypoint.sh, statically linked.
ARG SHELL_IMAGE=busybox:1.37-musl

FROM ${TAILSCALE_IMAGE} AS tailscale
FROM ${SHELL_IMAGE} AS shell

FROM ${SDK_IMAGE} AS build
# false: a program for a runtime image that has .NET.
ARG NATIVE=true
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
# The SSH client for DOVETAIL_DOCKER_HOSTS=NAME=ssh://…, with the libraries that the runtime's image lacks: some 3.5 MB. Both images
# are of the same release of Ubuntu, so that these fit the C library there.
ARG SSH=true
RUN set -eu; \
    [ "$SSH" = true ] || exit 0; \
    command -v ssh >/dev/null || { apt-get update -q; apt-get install -q -y --no-install-recommends openssh-client; }; \
    mkdir -p /out/usr/bin; \
    cp "$(command -v ssh)" /out/usr/bin/; \
    ldd "$(command -v ssh)" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | while read -r library; do \
      case "$library" in */libc.so.6 | */libresolv.so.2 | */libcrypto.so.3) continue ;; esac; \
      mkdir -p "/out/usr$(dirname "${library#/usr}")"; \
      cp -L "$library" "/out/usr${library#/usr}"; \
    done
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig BannedSymbols.txt ./
COPY src/Dovetail/Dovetail.csproj src/Dovetail/
RUN set -eu; \
    case "$(uname -m)" in \
      x86_64) arch=x64 ;; \
      aarch64) arch=arm64 ;; \
      *) echo "Dovetail builds for linux/amd64 and linux/arm64, not for $(uname -m)." >&2; exit 1 ;; \
    esac; \
    echo "$arch" > /tmp/arch; \
    dotnet restore src/Dovetail -a "$arch" -p:PublishAot="$NATIVE"
COPY src src
RUN set -eu; \
    dotnet publish src/Dovetail -a "$(cat /tmp/arch)" -c Release --no-restore -p:PublishAot="$NATIVE" --self-contained "$NATIVE" \
      -p:DebugType=none -p:PublishDocumentationFiles=false -o /out/usr/local/lib/dovetail; \
    rm -f /out/usr/local/lib/dovetail/*.dbg; \
    mkdir -p /out/usr/local/bin; \
    ln -s ../lib/dovetail/dovetail /out/usr/local/bin/dovetail

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="Dovetail" \
      org.opencontainers.image.description="Exposes labelled Docker containers on a tailnet over HTTPS"
COPY --from=shell /bin/busybox /bin/sh
COPY --from=tailscale /usr/local/bin/tailscaled /usr/local/bin/tailscale /usr/local/bin/
COPY --from=build /out/ /
COPY entrypoint.sh /entrypoint.sh

# Reads the Engine's socket, which belongs to root; `user:` takes another one.
USER 0
VOLUME /var/lib/dovetail
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["dovetail", "health"]
ENTRYPOINT ["/entrypoint.sh"]
CMD ["run"]
