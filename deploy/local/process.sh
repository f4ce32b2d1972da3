# shellcheck shell=bash
# What both services need: where things are, who runs them, which process is ours, which port is
# free.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
HERE=$ROOT/deploy/local
LOCAL=$ROOT/.local
# The checkout's name wherever names are shared by the machine: Erlang node, Compose project,
# folders under /var/lib.
HASH=$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)
# The variable that marks a process of this checkout, for is_ours.
MARK=PAYRUN_CHECKOUT=$HASH

say() { printf 'services: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# One command at a time per checkout. The lock is a file descriptor, so a killed command frees it;
# every server is started with it closed, or it would hold the lock for its whole life.
take_lock() {
    umask 022
    mkdir -p "$LOCAL" 2>/dev/null || die "cannot create $LOCAL: make the checkout writable for $(id -un)"
    [[ -w $LOCAL ]] || die "$LOCAL belongs to $(stat -c %U "$LOCAL"): run as that user, or remove it with 'sudo make clean-local'"
    exec 9>"$LOCAL/lock"
    flock -n 9 && return
    say "waiting for another command on this checkout to finish"
    flock -w 600 9 || die "another command holds $LOCAL/lock for over 10 minutes: find it with 'fuser $LOCAL/lock'"
}

# Small facts survive between commands as one file each; 0600, because passwords are among them.
remember() { (umask 077 && printf '%s\n' "$2" >"$LOCAL/$1.new" && mv "$LOCAL/$1.new" "$LOCAL/$1"); }
recall() { [[ -s $LOCAL/$1 ]] && cat "$LOCAL/$1"; }

recall_or_make_secret() {
    recall "$1" || {
        remember "$1" "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
        recall "$1"
    }
}

# Fills RUN_AS with what runs a command as the given user: setpriv when we are root, else nothing. A
# prefix and not a function, because a function in the background is a shell of its own and hides
# the pid of what it runs.
run_as() {
    RUN_AS=()
    [[ $(id -u) != 0 || $1 == root ]] || RUN_AS=(setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups --)
}

# Who runs a service: ourselves; or, when we are root, the owner of its data, else the package's
# user.
service_user() {
    local package_user=$1 folder=$2
    if [[ $(id -u) != 0 ]]; then
        id -un
    elif [[ -d $folder ]]; then
        stat -c %U "$folder"
    else
        printf '%s\n' "$package_user"
    fi
}

# Where the servers keep their data: in the checkout, or under /var/lib when their users cannot
# reach the checkout (as under /root). A remembered place counts only if it is this checkout's: the
# file may have come with a copy.
data_folder() {
    local outside folder
    if folder=$(recall data-folder) && [[ $folder == */payrun-$HASH ]]; then
        printf '%s\n' "$folder"
        return
    fi
    if reachable_for_services "$LOCAL"; then
        printf '%s\n' "$LOCAL"
        return
    fi
    for outside in "${XDG_STATE_HOME:-/var/lib}" /var/lib; do
        reachable_for_services "$outside" || continue
        folder=$outside/payrun-$HASH
        say "the users postgres and rabbitmq cannot enter $LOCAL: data is kept in $folder"
        remember data-folder "$folder"
        install -d -m 0755 "$folder" || die "cannot create $folder"
        printf '%s\n' "$folder"
        return
    done
    die "no folder for data that the users postgres and rabbitmq can enter: set XDG_STATE_HOME to one"
}

reachable_for_services() {
    local user
    [[ $(id -u) == 0 ]] || return 0
    for user in postgres rabbitmq; do
        run_as "$user"
        "${RUN_AS[@]}" test -x "$1" || return 1
    done
}

need_disk() {
    local folder=$1 free_kb
    free_kb=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
    ((free_kb > 1048576)) || die "only $((free_kb / 1024)) MB free in $folder, over 1024 MB needed: free some space there"
}

# Is the process alive, and has it the argument or variable that only ours has? A pid alone may be
# anyone's after a crash, a reboot, or when .local came with a copy of the checkout.
is_ours() {
    local pid=$1 mark=$2 text
    [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/environ ]] || return 1
    while IFS= read -r -d '' text; do
        [[ $text != "$mark" ]] || return 0
    done < <(cat "/proc/$pid/cmdline" "/proc/$pid/environ" 2>/dev/null)
    return 1
}

# Signals our process and waits until it is gone.
end_process() {
    local pid=$1 mark=$2 signal=$3 seconds=$4 deadline
    is_ours "$pid" "$mark" || return 0
    kill -s "$signal" "$pid"
    deadline=$((SECONDS + seconds))
    while is_ours "$pid" "$mark"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# Listening on any address, seen in the kernel's own table: needs no tool and disturbs no
# program.
port_is_taken() {
    awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { taken = 1 } END { exit !taken }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# The remembered port of a service that is not running; another one if it was never chosen or
# another program has taken it. Below 32768, where Linux takes no port for outgoing connections.
settle_port() {
    local name=$1.port old='' port
    old=$(recall "$name") || true
    if [[ -n $old ]]; then
        port_is_taken "$old" || return 0
        say "port $old of ${name%.port} was taken by another program: choosing another"
    fi
    for _ in {1..200}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
        if ! port_is_taken "$port" && ! grep -qsx "$port" "$LOCAL"/*.port; then
            remember "$name" "$port"
            return
        fi
    done
    die "no free port between 20000 and 29999: see 'ss -ltn'"
}
