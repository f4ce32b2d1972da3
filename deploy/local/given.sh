# shellcheck shell=bash
# Services that another program runs, named by DATABASE_URL and AMQP_URL: looked at, never started
# or stopped.

given_url() {
    case $1 in
    postgres) printf '%s' "${DATABASE_URL:-}" ;;
    rabbitmq) printf '%s' "${AMQP_URL:-}" ;;
    esac
}

# A URL that carries our own random password was exported from `services env`: that service is ours,
# wherever it listens now.
is_given() {
    local url password
    url=$(given_url "$1")
    [[ -n $url ]] || return 1
    password=$(recall "$1.password") || return 0
    [[ $url != *":$password@"* ]]
}

check_given() {
    case $1 in
    postgres) check_database_url "$DATABASE_URL" ;;
    rabbitmq) check_amqp_url "$AMQP_URL" ;;
    esac
}

# Splits a URL into URL_USER, URL_PASSWORD, URL_HOST, URL_PORT, each percent-decoded.
split_url() {
    local pattern='^[a-z]+://(([^:@/]*)(:([^@/]*))?@)?(\[[^]]+\]|[^]:/?[]+)(:([0-9]+))?([/?].*)?$'
    [[ $1 =~ $pattern ]] || return 1
    URL_USER=$(percent_decoded "${BASH_REMATCH[2]}")
    URL_PASSWORD=$(percent_decoded "${BASH_REMATCH[4]}")
    URL_HOST=${BASH_REMATCH[5]//[\[\]]/}
    URL_PORT=${BASH_REMATCH[7]:-$2}
}

percent_decoded() {
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

check_database_url() {
    local version
    split_url "$1" 5432 || die "DATABASE_URL is no URL of the form postgres://user:password@host:port/database: correct or unset it"
    if ! command -v psql >/dev/null; then
        answers_tcp || die "DATABASE_URL: nothing answers on $URL_HOST:$URL_PORT: start it, or unset DATABASE_URL to use local services"
        return 0
    fi
    version=$(PGCONNECT_TIMEOUT=5 psql "$1" --no-psqlrc -At -c 'show server_version_num' 2>&1) ||
        die "DATABASE_URL does not work (${version//[$'\n\t']/ }): correct it, or unset it to use local services"
    ((version >= POSTGRES_VERSION_MIN * 10000)) ||
        die "DATABASE_URL is Postgres $((version / 10000)), $POSTGRES_VERSION_MIN or later is needed: unset it to use local services"
}

check_amqp_url() {
    local version refusal=0
    split_url "$1" 5672 || die "AMQP_URL is no URL of the form amqp://user:password@host:port/vhost: correct or unset it"
    if [[ $1 == amqps://* ]]; then
        answers_tcp || die "AMQP_URL: nothing answers on $URL_HOST:$URL_PORT: start it, or unset AMQP_URL to use local services"
        return 0
    fi
    version=$(amqp_login "$URL_HOST" "$URL_PORT" "${URL_USER:-guest}" "${URL_PASSWORD:-guest}") || refusal=$?
    case $refusal in
    0) ;;
    2) die "AMQP_URL: the broker refuses its user or password: correct them, or unset AMQP_URL to use local services" ;;
    *) die "AMQP_URL: no broker answers on $URL_HOST:$URL_PORT: start it, or unset AMQP_URL to use local services" ;;
    esac
    [[ $(printf '%s\n3.10\n' "$version" | sort -V | head -n 1) == 3.10 ]] ||
        die "AMQP_URL is RabbitMQ $version, 3.10 or later is needed: unset it to use local services"
}

answers_tcp() { timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' check "$URL_HOST" "$URL_PORT" 2>/dev/null; }
