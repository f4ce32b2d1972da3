# shellcheck shell=bash
# The first words of AMQP 0-9-1, so that "it is up" means that a client can log in, and needs no
# client to find out.

# Logs in and prints the broker's version. Fails with 1 when nothing answers in AMQP, with 2 when
# the login is refused.
amqp_login() (
    LC_ALL=C
    local host=$1 port=$2 user=$3 password=$4 start
    { exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null || exit 1
    printf 'AMQP\0\0\011\001' >&3
    start=$(amqp_frame) || exit 1
    [[ $start == 000a000a* ]] || exit 1
    {
        printf '\001\0\0%b' "$(amqp_length $((26 + ${#user} + ${#password})))"
        # Connection.StartOk: no properties, PLAIN, "\0user\0password", en_US.
        printf '\0\012\0\013\0\0\0\0\005PLAIN%b\0%s\0%s\005en_US\316' "$(amqp_length $((2 + ${#user} + ${#password})))" "$user" "$password"
    } >&3
    [[ $(amqp_frame) == 000a001e* ]] || exit 2
    amqp_version "$start"
)

# The payload of the next frame, in hexadecimal.
amqp_frame() {
    local head
    head=$(amqp_read 7) && [[ ${#head} == 14 && ${head:0:2} == 01 ]] || return 1
    amqp_read $((16#${head:6:8} + 1))
}

amqp_read() { timeout 5 head -c "$1" <&3 2>/dev/null | od -An -v -tx1 | tr -d ' \n'; }

amqp_length() { printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 >> 24)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)); }

# The server property "version", a long string, out of the hexadecimal Connection.Start.
amqp_version() {
    local rest=${1#*0776657273696f6e53} length
    length=$((16#${rest:0:8} * 2))
    printf '%b\n' "$(sed 's/../\\x&/g' <<<"${rest:8:length}")"
}
