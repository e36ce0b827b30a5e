# shellcheck shell=bash
# What tests/run, tests/bench and tests/profile have in common: a working directory, the SDK, a Docker Engine, Dovetail compiled natively.
# To be sourced.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
work=""
dockerd_pid=""
podman_pid=""
bridge=""
swarm=""

say() { printf '== %s\n' "$*"; }
fail() {
  printf 'tests/%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

clean_up() {
  local status=$? left table
  trap - EXIT
  if [ -n "$dockerd_pid" ]; then
    # Its services would replace the containers.
    [ -z "$swarm" ] || docker -H "unix://$work/docker.sock" swarm leave --force >/dev/null 2>&1 || true
    left="$(docker -H "unix://$work/docker.sock" ps -aq 2>/dev/null || true)"
    # shellcheck disable=SC2086  # one argument per container
    [ -z "$left" ] || docker -H "unix://$work/docker.sock" rm -f $left >/dev/null 2>&1 || true
    [ -z "$swarm" ] || docker -H "unix://$work/docker.sock" network rm docker_gwbridge >/dev/null 2>&1 || true
    kill "$dockerd_pid" 2>/dev/null || true
    wait "$dockerd_pid" 2>/dev/null || true
  fi
  if [ -n "$podman_pid" ]; then
    kill "$podman_pid" 2>/dev/null || true
    wait "$podman_pid" 2>/dev/null || true
    # With the last container its bridge and packet filter rules go too.
    podman "${podman_options[@]}" rm -af -t 0 >/dev/null 2>&1 || true
  fi
  if [ -n "$bridge" ]; then
    ip link delete "$bridge" 2>/dev/null || true
    # dockerd leaves its packet filter rules behind; those of this bridge all name it.
    for table in filter nat; do
      iptables-save -t "$table" 2>/dev/null | sed -n "/ $bridge /s/^-A/-D/p" | while read -r rule; do
        # shellcheck disable=SC2086  # one argument per word
        iptables -t "$table" $rule 2>/dev/null || true
      done
    done
  fi
  if [ -n "$work" ]; then
    # What dockerd leaves mounted would keep its directory from going.
    awk -v under="$work/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r mounted; do
      umount -l "$mounted" 2>/dev/null || true
    done
    rm -rf --one-file-system "$work" || true
  fi
  exit "$status"
}

# The variables that name the real binaries and the control program have to be right.
need_real_binaries() {
  local variable
  for variable in DOVETAIL_TEST_TAILSCALED DOVETAIL_TEST_TAILSCALE DOVETAIL_TEST_CONTROL; do
    [ -x "${!variable:-}" ] || fail "--real needs $variable to name an executable file; it is '${!variable:-}'."
  done
  say "tailscaled $("$DOVETAIL_TEST_TAILSCALED" --version | head -n 1), tailscale $("$DOVETAIL_TEST_TAILSCALE" version | head -n 1), control $DOVETAIL_TEST_CONTROL"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
work="$(mktemp -d "${TMPDIR:-/tmp}/dovetail-tests.XXXXXX")"

may_install() { [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && have apt-get; }

updated=""
install() {
  may_install || return 1
  say "Installing $*"
  if [ -z "$updated" ]; then
    apt-get update -q >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; return 1; }
    updated=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >"$work/apt.log" 2>&1 || {
    cat "$work/apt.log" >&2
    return 1
  }
}

answers() { have docker && timeout 20 docker -H "$1" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# --- What the build needs -----------------------------------------------------------------------------------------

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true
# No build server may outlive the run.
export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

have dotnet || fail ".NET SDK 10 is missing: 'dotnet' is not on PATH. See https://dotnet.microsoft.com/download/dotnet/10.0"
(cd "$root" && dotnet --version >/dev/null) || fail "no installed .NET SDK satisfies global.json (see above). See https://dotnet.microsoft.com/download/dotnet/10.0"
# The built programs look for the runtime in the usual places only; an SDK elsewhere has to be named.
sdk_home="$(dirname "$(readlink -f "$(command -v dotnet)")")"
[ ! -d "$sdk_home/host/fxr" ] || export DOTNET_ROOT="${DOTNET_ROOT:-$sdk_home}"

# --- A Docker Engine ----------------------------------------------------------------------------------------------

start_dockerd() {
  say "Starting a Docker Engine of its own"
  have ip || install iproute2 || fail "'ip' is missing: install iproute2."

  # The first private /24 that no interface of this machine touches, so that the containers' network cannot clash.
  local third routes subnet=""
  routes="$(ip -4 route show)"
  for third in 88 89 90 91 92 93 94 95; do
    case "$routes" in
      *"10.213.$third."*) ;;
      *)
        subnet="10.213.$third"
        break
        ;;
    esac
  done
  [ -n "$subnet" ] || fail "no free subnet for a Docker bridge: 10.213.88.0/24 to 10.213.95.0/24 are all in use."
  bridge="dvt$$"
  # With an address of its own, as Docker gives its bridges: else the bridge takes one of its containers', another whenever one starts
  # or stops, and what the others send to the old one is lost for up to a minute.
  ip link add "$bridge" address "$(printf '02:42:0a:d5:%02x:01' "$third")" type bridge || fail "cannot create a bridge: this needs CAP_NET_ADMIN. Set DOVETAIL_TEST_DOCKER_HOST to a Docker Engine on this machine."
  ip address add "$subnet.1/24" dev "$bridge"
  ip link set "$bridge" up

  local filtering
  for filtering in "" "--iptables=false --ip6tables=false"; do
    # shellcheck disable=SC2086  # two options or none
    dockerd --host "unix://$work/docker.sock" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" \
      --bridge "$bridge" --default-address-pool "base=10.214.0.0/16,size=24" $filtering >"$work/dockerd.log" 2>&1 &
    dockerd_pid=$!
    local tries
    for ((tries = 0; tries < 300; tries++)); do
      if answers "unix://$work/docker.sock"; then
        DOVETAIL_TEST_DOCKER_HOST="unix://$work/docker.sock"
        start_swarm "$subnet.1"
        return
      fi
      kill -0 "$dockerd_pid" 2>/dev/null || break
      sleep 0.2
    done
    kill "$dockerd_pid" 2>/dev/null || true
    wait "$dockerd_pid" 2>/dev/null || true
    dockerd_pid=""
    # A machine without packet filtering in its kernel still runs containers; it only loses their way out.
    grep -q iptables "$work/dockerd.log" || break
  done
  tail -n 30 "$work/dockerd.log" >&2
  fail "dockerd did not start; its last lines are above. Set DOVETAIL_TEST_DOCKER_HOST to a Docker Engine on this machine."
}

# Makes the run's own Engine the manager of a swarm of one. $1: its address.
start_swarm() {
  if ip link show docker_gwbridge >/dev/null 2>&1; then
    say "No tests of a swarm: this machine is in another one"
    return
  fi
  if docker -H "$DOVETAIL_TEST_DOCKER_HOST" swarm init --advertise-addr "$1" --listen-addr "$1:2377" \
    --default-addr-pool 10.217.0.0/16 >"$work/swarm.log" 2>&1; then
    swarm=yes
  else
    say "No tests of a swarm: $(head -n 1 "$work/swarm.log")"
  fi
}

find_engine() {
  if [ -n "${DOVETAIL_TEST_DOCKER_HOST:-}" ] || [ -n "${DOCKER_HOST:-}" ]; then
    # What was asked for by name is used or is an error, never silently replaced.
    DOVETAIL_TEST_DOCKER_HOST="${DOVETAIL_TEST_DOCKER_HOST:-$DOCKER_HOST}"
    have docker || install docker.io || fail "the 'docker' command line client is missing."
    answers "$DOVETAIL_TEST_DOCKER_HOST" || fail "no Docker Engine answers at $DOVETAIL_TEST_DOCKER_HOST."
    return
  fi
  if answers unix:///var/run/docker.sock; then
    DOVETAIL_TEST_DOCKER_HOST=unix:///var/run/docker.sock
    return
  fi
  [ "$(id -u)" = 0 ] || fail "no Docker Engine: nothing answers at /var/run/docker.sock, and only root can start one. Set DOVETAIL_TEST_DOCKER_HOST, or run as root."
  have dockerd || install docker.io iptables || fail "no Docker Engine: nothing answers at /var/run/docker.sock and 'dockerd' is not installed. Install it (Debian: docker.io) or set DOVETAIL_TEST_DOCKER_HOST."
  # Newer Debian releases ship the client on its own.
  have docker || install docker-cli || fail "the 'docker' command line client is missing."
  # Installing may have started the system's own.
  if answers unix:///var/run/docker.sock; then
    DOVETAIL_TEST_DOCKER_HOST=unix:///var/run/docker.sock
    return
  fi
  start_dockerd
}

# --- Podman -------------------------------------------------------------------------------------------------------

# Sets DOVETAIL_TEST_PODMAN_HOST; says why not where that cannot be.
find_podman() {
  if [ -n "${DOVETAIL_TEST_PODMAN_HOST:-}" ]; then
    answers "$DOVETAIL_TEST_PODMAN_HOST" || fail "nothing answers at DOVETAIL_TEST_PODMAN_HOST=$DOVETAIL_TEST_PODMAN_HOST."
    return
  fi
  [ "$(id -u)" = 0 ] || { say "No tests on Podman: only root can start one. Set DOVETAIL_TEST_PODMAN_HOST, or run as root."; return; }
  have podman || install podman netavark aardvark-dns runc iptables || {
    say "No tests on Podman: 'podman' is not installed. Install it (Debian: podman) or set DOVETAIL_TEST_PODMAN_HOST."
    return
  }
  if ip link show podman0 >/dev/null 2>&1; then
    say "No tests on Podman: containers of another Podman run on this machine. Set DOVETAIL_TEST_PODMAN_HOST to use it."
    return
  fi

  say "Starting a Podman of its own"
  podman_options=(--root "$work/podman/root" --runroot "$work/podman/run" --tmpdir "$work/podman/tmp"
    --network-config-dir "$work/podman/networks" --storage-driver vfs)
  mkdir -p "$work/podman/root" "$work/podman/run" "$work/podman/tmp" "$work/podman/networks"
  # Podman's own limits are higher than an unprivileged machine, such as a container or a small VM, may set.
  cat >"$work/podman/containers.conf" <<'END'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[network]
default_subnet = "10.215.0.0/24"
default_subnet_pools = [{"base" = "10.216.0.0/16", "size" = 24}]
END
  CONTAINERS_CONF="$work/podman/containers.conf" podman "${podman_options[@]}" system service --time 0 "unix://$work/podman.sock" \
    >"$work/podman.log" 2>&1 &
  podman_pid=$!
  local tries
  for ((tries = 0; tries < 150; tries++)); do
    if answers "unix://$work/podman.sock"; then
      DOVETAIL_TEST_PODMAN_HOST="unix://$work/podman.sock"
      return
    fi
    kill -0 "$podman_pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 30 "$work/podman.log" >&2
  fail "Podman did not start; its last lines are above. Set DOVETAIL_TEST_PODMAN_HOST to one on this machine."
}

find_busybox() {
  local candidate
  for candidate in "${DOVETAIL_TEST_BUSYBOX:-}" /bin/busybox /usr/bin/busybox; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    # A dynamically linked one would not run alone in an image.
    case "$(ldd "$candidate" 2>&1 || true)" in
      *"not a dynamic executable"* | *"statically linked"*)
        export DOVETAIL_TEST_BUSYBOX="$candidate"
        return 0
        ;;
    esac
  done
  return 1
}

# --- What a run asks for ------------------------------------------------------------------------------------------

# Sets DOVETAIL_TEST_DOCKER_HOST and DOVETAIL_TEST_BUSYBOX.
need_engine() {
  find_engine
  export DOVETAIL_TEST_DOCKER_HOST
  unset DOCKER_HOST DOCKER_CONTEXT
  find_busybox || { install busybox-static && find_busybox; } ||
    fail "a statically linked busybox is missing; the test containers are made of it. Install busybox-static or set DOVETAIL_TEST_BUSYBOX."
  say "Docker Engine $(docker -H "$DOVETAIL_TEST_DOCKER_HOST" version --format '{{.Server.Version}}') at $DOVETAIL_TEST_DOCKER_HOST"
}

# Sets DOVETAIL_TEST_PODMAN_HOST where it can.
need_podman() {
  find_podman
  [ -n "${DOVETAIL_TEST_PODMAN_HOST:-}" ] || return 0
  export DOVETAIL_TEST_PODMAN_HOST
  say "Podman $(docker -H "$DOVETAIL_TEST_PODMAN_HOST" version --format '{{.Server.Version}}') at $DOVETAIL_TEST_PODMAN_HOST"
}

# Says why not where there is none; the tests of it are then skipped.
need_chromium() {
  [ -z "${DOVETAIL_TEST_CHROMIUM:-}" ] || return 0
  have chromium || install chromium ||
    say "No test in a browser: 'chromium' is not installed. Install it (Debian: chromium) or set DOVETAIL_TEST_CHROMIUM."
}

# Says why not where there is none; the tests of it are then skipped.
need_sshd() {
  [ -x /usr/sbin/sshd ] && have ssh || install openssh-server openssh-client ||
    say "No test over SSH: 'sshd' is not installed. Install it (Debian: openssh-server)."
}

# Compiles a project into one native executable: the project's directory, where to put it, and further options of dotnet publish.
publish_natively() {
  local project="$1" directory="$2" arch=x64
  shift 2
  have clang || have gcc || install gcc libc6-dev zlib1g-dev || fail "a C compiler is missing, which links the native executable: install clang or gcc."
  [ "$(uname -m)" != aarch64 ] || arch=arm64
  dotnet publish "$root/$project" --nologo -v quiet -c Release -r "linux-$arch" -o "$directory" -p:DebugType=none \
    -nodeReuse:false -p:UseSharedCompilation=false "$@" || fail "the native compilation of $project failed."
}

# Dovetail as it is shipped: sets DOVETAIL_TEST_DAEMON, unless it names an executable already.
need_native_daemon() {
  if [ -z "${DOVETAIL_TEST_DAEMON:-}" ]; then
    say "Compiling Dovetail natively"
    publish_natively src/Dovetail "$work/native"
    export DOVETAIL_TEST_DAEMON="$work/native/dovetail"
  fi
}
