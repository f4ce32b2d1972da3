# shellcheck shell=bash
# Both services in containers, where an engine answers.

compose() {
    PAYRUN_POSTGRES_PORT=$(recall postgres.port) PAYRUN_POSTGRES_PASSWORD=$(recall_or_make_secret postgres.password) \
        PAYRUN_RABBITMQ_PORT=$(recall rabbitmq.port) PAYRUN_RABBITMQ_PASSWORD=$(recall_or_make_secret rabbitmq.password) \
        docker compose -p "payrun-$HASH" -f "$HERE/compose.yaml" "$@" 9>&-
}

# An engine that answers and has, or can fetch, the images.
compose_is_possible() {
    timeout 10 docker info >/dev/null 2>&1 && timeout 10 docker compose version >/dev/null 2>&1 || return 1
    compose_settle_ports
    compose create >/dev/null 2>&1 && return
    compose down --volumes >/dev/null 2>&1 || true
    say "Docker answers but cannot fetch the images: using Debian packages instead"
    return 1
}

compose_settle_ports() {
    local service
    for service in postgres rabbitmq; do
        [[ -n $(recall "$service.port") ]] || settle_port "$service"
    done
}

compose_runs() { [[ -n $(compose ps --quiet --status running "$1") ]]; }

compose_start() {
    compose_runs "$1" || settle_port "$1"
    compose up --detach --wait --wait-timeout 180 "$1" >"$LOCAL/compose.log" 2>&1 ||
        die "Docker Compose could not start $1: $(tail -n 1 "$LOCAL/compose.log"); start Docker, or use packages after 'make clean-local'"
}
