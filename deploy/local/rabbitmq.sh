# shellcheck shell=bash
# A private RabbitMQ from the distribution's package: own node name, epmd, cookie, ports and data,
# loopback only.

rabbitmq_url() {
    local port
    port=$(recall rabbitmq.port) || return 1
    printf 'amqp://payrun:%s@127.0.0.1:%s/%%2f\n' "$(recall rabbitmq.password)" "$port"
}

rabbitmq_pid() {
    local pid
    pid=$(cat "$1/rabbitmq/pid" 2>/dev/null) && is_ours "$pid" "$MARK" && printf '%s\n' "$pid"
}

epmd_pid() {
    local pid
    pid=$(recall epmd.pid) && is_ours "$pid" "$MARK" && printf '%s\n' "$pid"
}

rabbitmq_start() {
    local folder=$1 base=$1/rabbitmq user pid
    "$HERE/packages" rabbitmq
    if pid=$(rabbitmq_pid "$folder"); then
        rabbitmq_await 60 || die "RabbitMQ (pid $pid) does not answer: 'deploy/local/services kill rabbitmq', then 'make up'"
        return
    fi
    need_disk "$folder"
    user=$(service_user rabbitmq "$base")
    install -d -m 0700 -o "$user" -g "$(id -gn "$user")" "$base" "$base/conf.d"
    recall_or_make_secret rabbitmq.password >/dev/null
    # The second try is for a port lost between choosing and binding.
    rabbitmq_launch "$user" "$base" || rabbitmq_launch "$user" "$base" ||
        die "RabbitMQ did not start: see $base/log and $base/console"
    say "RabbitMQ runs on 127.0.0.1:$(recall rabbitmq.port)"
}

rabbitmq_launch() {
    local user=$1 base=$2 script
    epmd_pid >/dev/null || epmd_launch "$user" "$base"
    settle_port rabbitmq
    settle_port rabbitmq-dist
    rabbitmq_files "$user" "$base"
    script=$(compgen -G '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server' | sort -V | tail -n 1)
    # The distribution's wrapper would switch to the user rabbitmq and the system's folders: the
    # server's own script does not.
    rabbitmq_environment "$base"
    run_as "$user"
    "${RUN_AS[@]}" env -i "${RABBITMQ_ENVIRONMENT[@]}" setsid "$script" </dev/null >"$base/console" 2>&1 9>&- &
    rabbitmq_await 120 "$!"
}

rabbitmq_environment() {
    local base=$1
    RABBITMQ_ENVIRONMENT=(
        "$MARK" PATH="$PATH" LANG=C.UTF-8 HOME="$base"
        ERL_EPMD_PORT="$(recall epmd.port)" ERL_EPMD_ADDRESS=127.0.0.1
        RABBITMQ_NODENAME="payrun-$HASH@localhost"
        RABBITMQ_DIST_PORT="$(recall rabbitmq-dist.port)"
        # Without it the distribution port listens on every interface.
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
        RABBITMQ_MNESIA_BASE="$base/mnesia" RABBITMQ_LOG_BASE="$base/log" RABBITMQ_PID_FILE="$base/pid"
        RABBITMQ_CONFIG_FILE="$base/rabbitmq.conf" RABBITMQ_CONFIG_FILES="$base/conf.d"
        RABBITMQ_ADVANCED_CONFIG_FILE="$base/advanced.config" RABBITMQ_CONF_ENV_FILE="$base/rabbitmq-env.conf"
        RABBITMQ_GENERATED_CONFIG_DIR="$base/generated" RABBITMQ_ENABLED_PLUGINS_FILE="$base/enabled_plugins"
    )
}

rabbitmq_files() {
    local user=$1 base=$2 cookie
    cookie=$(recall_or_make_secret rabbitmq.cookie)
    rm -f "$base/.erlang.cookie" "$base/pid"
    (
        umask 077
        printf '%s' "$cookie" >"$base/.erlang.cookie"
        rabbitmq_settings >"$base/rabbitmq.conf"
        printf '[].\n' >"$base/enabled_plugins"
    )
    chmod 0400 "$base/.erlang.cookie"
    chown "$user" "$base/.erlang.cookie" "$base/rabbitmq.conf" "$base/enabled_plugins"
}

rabbitmq_settings() {
    cat <<END
listeners.tcp.1 = 127.0.0.1:$(recall rabbitmq.port)
default_user = payrun
default_pass = $(recall rabbitmq.password)
disk_free_limit.absolute = 200MB
log.file.rotation.size = 10485760
log.file.rotation.count = 2
END
}

rabbitmq_control() {
    local base=$1/rabbitmq script
    script=$(compgen -G '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmqctl' | sort -V | tail -n 1)
    rabbitmq_environment "$base"
    run_as "$(service_user rabbitmq "$base")"
    "${RUN_AS[@]}" env -i "${RABBITMQ_ENVIRONMENT[@]}" "$script" "${@:2}" </dev/null
}

# Started by us and not by Erlang: Erlang's would be a daemon that nothing stops.
epmd_launch() {
    local user=$1 base=$2 pid
    settle_port epmd
    run_as "$user"
    "${RUN_AS[@]}" env -i "$MARK" PATH="$PATH" setsid epmd -address 127.0.0.1 -port "$(recall epmd.port)" \
        </dev/null >"$base/epmd" 2>&1 9>&- &
    pid=$!
    remember epmd.pid "$pid"
    for _ in {1..50}; do
        port_is_taken "$(recall epmd.port)" && epmd_pid >/dev/null && return
        sleep 0.1
    done
    die "epmd did not start: $(tail -n 1 "$base/epmd")"
}

# Waits until a login works, which is after the last boot step; fails at once when the given
# launcher has ended.
rabbitmq_await() {
    local launcher=${2:-} deadline=$((SECONDS + $1))
    while ((SECONDS < deadline)); do
        amqp_login 127.0.0.1 "$(recall rabbitmq.port)" payrun "$(recall rabbitmq.password)" >/dev/null && return
        [[ -z $launcher || -d /proc/$launcher ]] || return 1
        sleep 0.25
    done
    return 1
}

rabbitmq_stop() {
    local pid
    if pid=$(rabbitmq_pid "$1"); then
        end_process "$pid" "$MARK" TERM 60 || end_process "$pid" "$MARK" KILL 10 || die "RabbitMQ (pid $pid) does not stop"
        say "RabbitMQ stopped"
    fi
    if pid=$(epmd_pid); then
        end_process "$pid" "$MARK" TERM 10 || die "epmd (pid $pid) does not stop"
    fi
}

rabbitmq_kill() {
    local pid
    pid=$(rabbitmq_pid "$1") || die "RabbitMQ is not running: 'make up' starts it"
    end_process "$pid" "$MARK" KILL 10
}
