# shellcheck shell=bash
# A private Postgres from the distribution's package: own data, own port, loopback only, fsync on.

POSTGRES_VERSION_MIN=15

postgres_url() {
    local port
    port=$(recall postgres.port) || return 1
    printf 'postgres://payrun:%s@127.0.0.1:%s/payrun\n' "$(recall postgres.password)" "$port"
}

# The folder with initdb and pg_ctl: of the version that made the data, else the newest.
postgres_bin() {
    local data=$1 version newest=0 folder
    for folder in /usr/lib/postgresql/*/bin; do
        version=$(basename "$(dirname "$folder")")
        [[ -x $folder/postgres && $version =~ ^[0-9]+$ ]] && ((version > newest)) && newest=$version
    done
    [[ ! -s $data/PG_VERSION ]] || newest=$(<"$data/PG_VERSION")
    ((newest >= POSTGRES_VERSION_MIN)) || return 1
    [[ -x /usr/lib/postgresql/$newest/bin/postgres ]] || return 1
    printf '/usr/lib/postgresql/%s/bin\n' "$newest"
}

postgres_pid() {
    local data=$1/postgres/data pid
    pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) && is_ours "$pid" "$data" && printf '%s\n' "$pid"
}

postgres_start() {
    local folder=$1 base=$1/postgres bin user pid
    "$HERE/packages" postgres
    bin=$(postgres_bin "$base/data") ||
        die "$base was made by Postgres $(<"$base/data/PG_VERSION"), which is gone: install it, or drop the data with 'make clean-local'"
    if pid=$(postgres_pid "$folder"); then
        postgres_await "$bin" || die "Postgres (pid $pid) does not answer: 'deploy/local/services kill postgres', then 'make up'"
        return
    fi
    need_disk "$folder"
    user=$(service_user postgres "$base")
    install -d -m 0700 -o "$user" -g "$(id -gn "$user")" "$base"
    # Root's shell opens the log, the server's user writes it. One older log is kept, to see why the
    # server ended.
    [[ ! -f $base/log ]] || mv "$base/log" "$base/log.old"
    install -m 0600 -o "$user" /dev/null "$base/log"
    [[ -d $base/data ]] || postgres_init "$bin" "$user" "$base"
    # Postgres itself removes the file of a dead postmaster; it cannot know that the number now
    # belongs to another program.
    pid=$(head -n 1 "$base/data/postmaster.pid" 2>/dev/null) && [[ -d /proc/$pid ]] && rm -f "$base/data/postmaster.pid"
    postgres_launch "$bin" "$user" "$base" || die "Postgres did not start: $(tail -n 1 "$base/log"); see $base/log"
    postgres_make_database "$bin" || die "cannot make the database payrun: see $base/log"
    say "Postgres runs on 127.0.0.1:$(recall postgres.port)"
}

# Built beside and moved into place whole, so that an interrupted initdb is simply done again.
postgres_init() {
    local bin=$1 user=$2 base=$3 password
    password=$(recall_or_make_secret postgres.password)
    say "making a Postgres cluster in $base"
    rm -rf "$base/new"
    (umask 077 && printf '%s\n' "$password" >"$base/password" && chown "$user" "$base/password")
    run_as "$user"
    "${RUN_AS[@]}" env -i PATH="$PATH" "$bin/initdb" --pgdata="$base/new" --username=payrun --pwfile="$base/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums >>"$base/log" 2>&1 9>&- ||
        die "initdb failed: $(tail -n 1 "$base/log"); see $base/log"
    rm "$base/password"
    printf "include 'payrun.conf'\n" >>"$base/new/postgresql.conf"
    mv "$base/new" "$base/data"
}

# Several tries: after kill -9 the orphaned backends hold the data for a moment, and a port can be
# lost between choosing and binding.
postgres_launch() {
    local bin=$1 user=$2 base=$3 clock=()
    run_as "$user"
    [[ -z ${POSTGRES_CLOCK-} ]] || set_clock "$POSTGRES_CLOCK"
    for _ in {1..5}; do
        settle_port postgres
        postgres_settings >"$base/data/payrun.conf"
        chown "$user" "$base/data/payrun.conf"
        "${RUN_AS[@]}" env -i PATH="$PATH" "${clock[@]}" "$bin/pg_ctl" start --silent --wait --timeout=120 -D "$base/data" -l "$base/log" \
            </dev/null >>"$base/log" 2>&1 9>&- && return
        sleep 1
    done
    return 1
}

# Of a server on a host whose clock is off, such as +40m.
set_clock() {
    local library
    "$HERE/packages" faketime
    library=$(compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1')
    clock=(LD_PRELOAD="$library" FAKETIME="$1" FAKETIME_DONT_FAKE_MONOTONIC=1)
}

# A payment system's demo runs with the durability of production.
postgres_settings() {
    cat <<END
listen_addresses = '127.0.0.1'
port = $(recall postgres.port)
unix_socket_directories = ''
max_connections = 300
fsync = on
# After a crash the file system is synced as a whole, not file by file: tests make many databases
# and crash often.
recovery_init_sync_method = syncfs
synchronous_commit = on
timezone = 'UTC'
END
}

postgres_make_database() {
    local bin=$1
    [[ $(postgres_psql "$bin" "select 1 from pg_database where datname = 'payrun'") == 1 ]] ||
        postgres_psql "$bin" 'create database payrun'
}

postgres_psql() {
    env -i PATH="$PATH" PGPASSWORD="$(recall postgres.password)" PGCONNECT_TIMEOUT=5 "$1/psql" --no-psqlrc --quiet -At \
        -h 127.0.0.1 -p "$(recall postgres.port)" -U payrun -d postgres -c "$2"
}

postgres_answers() { env -i "$1/pg_isready" -q -h 127.0.0.1 -p "$(recall postgres.port)"; }

postgres_await() {
    local deadline=$((SECONDS + 60))
    until postgres_answers "$1"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.25
    done
}

postgres_stop() {
    local data=$1/postgres/data pid
    pid=$(postgres_pid "$1") || return 0
    # Fast shutdown first; immediate shutdown is safe too, the next start replays the log.
    end_process "$pid" "$data" INT 30 || end_process "$pid" "$data" QUIT 30 ||
        die "Postgres (pid $pid) does not stop: look at $1/postgres/log"
    say "Postgres stopped"
}

postgres_kill() {
    local pid
    pid=$(postgres_pid "$1") || die "Postgres is not running: 'make up' starts it"
    end_process "$pid" "$1/postgres/data" KILL 10
}
