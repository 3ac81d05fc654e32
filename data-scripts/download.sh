# download.sh: a file over HTTP with curl or wget, whichever is there; sourced by common.sh.
#
# What came is in FILE.part, whatever happens; the next connection, or the next call, asks for the rest (a range
# request). A server that cannot do that sends everything again. A web page where an archive should be is never written
# into the part that is there. Connections end after 30 s without an answer or 60 s without a byte.
# shellcheck shell=sh disable=SC2154,SC2209 # variables are set by common.sh; `write` is a word here

MIB=1048576

download() { # url, part, bytes of the whole or 0 if not known, how else to get it
    failures=0 wait=$pause
    [ "$(size_of "$2")" -eq 0 ] || say "going on at $(size_of "$2") bytes of $2"
    while :; do
        had=$(size_of "$2")
        [ "$3" -eq 0 ] || [ "$had" -lt "$3" ] || return 0
        transfer "$1" "$2"
        have=$(size_of "$2")
        [ "$have" -ne 0 ] || rm -f "$2" # wget makes it before anything comes
        [ "$outcome" != "done" ] || [ "$have" -ge "$3" ] || outcome="the connection ended at $have of $3 bytes"
        case $outcome in
        done) return 0 ;;
        status) refused "$1" "$4" ;;
        page)
            cut_back "$2"
            fail "$1 gave a web page instead of the file (a quota, a login or a moved file)" "open it in a browser to see why; $4"
            ;;
        write) fail "$2 cannot be written (at $have bytes)" "$(remedy_for_writing "make it and $dir writable and call again")" ;;
        tls) fail "no safe connection to $1 (certificates)" "check this machine's clock and the package ca-certificates, or $4" ;;
        address) fail "$1 is no address that $loader can open" "give --url an http or https address" ;;
        esac
        if [ "$outcome" = restart ]; then
            rm -f "$2"
            outcome="the server cannot go on from $had bytes: from the beginning"
        elif [ $((have - had)) -ge $MIB ]; then
            failures=0 wait=$pause # it comes, in pieces
        fi
        failures=$((failures + 1))
        [ "$failures" -lt "$tries" ] ||
            fail "$1: $outcome; gave up after $tries connections" "$(remedy_for_network "$2" "$4")"
        say "$outcome; again in $wait s ($((failures + 1)) of $tries)"
        run sleep "$wait"
        wait=$((wait * 2))
        [ "$wait" -le 60 ] || wait=60
    done
}

transfer() { # url, part → outcome: one word of download's, or a sentence after which to try again
    status='' type=''
    if has curl; then with_curl "$1" "$2"; else with_wget "$1" "$2"; fi
    case $type in text/html* | application/xhtml*) [ "${status:-0}" -ge 400 ] || outcome=page ;; esac
    case $outcome-$status in
    status-416) outcome='done' ;; # nothing lies behind what is here: the checksum says whether it is the file
    status-408 | status-425 | status-429 | status-5??) outcome="the server answers $status" ;;
    esac
}

with_curl() { # url, part
    loader=curl part=$2
    set -- --output "$2" --fail --location --max-redirs 10 --connect-timeout 30 --speed-limit 1 --speed-time 60 -- "$1"
    [ "$had" -eq 0 ] || set -- --continue-at "$had" "$@"
    if [ -t 2 ]; then set -- --progress-bar "$@"; else set -- --silent "$@"; fi
    code=0
    run curl --show-error --write-out '%{http_code} %{content_type}' "$@" >"$lock/answer" || code=$?
    read -r status type <"$lock/answer" || :
    case $code in
    0) outcome='done' ;;
    22) outcome=status ;;
    33) outcome=restart ;;
    23) outcome=write ;;
    35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 82 | 83 | 90 | 91) outcome=tls ;;
    1 | 3) outcome=address ;;
    5 | 6) outcome="no such host, or no network" ;;
    7) outcome="the server does not answer" ;;
    28) outcome="nothing came for a minute (at $(size_of "$part") bytes)" ;;
    *) outcome="the connection broke off at $(size_of "$part") bytes" ;;
    esac
}

with_wget() { # url, part; GNU's or BusyBox's, which knows fewer options and does not say its version
    loader=wget part=$2
    set -- -O "$2" "$1"
    ! wget --version >/dev/null 2>&1 || set -- -t 1 -T 60 "$@"
    code=0
    LC_ALL=C run wget -c -S "$@" 2>"$lock/log" || code=$?
    status=$(sed -n 's/.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$lock/log" | tail -n 1)
    type=$(sed -n 's/^ *[Cc]ontent-[Tt]ype: *//p' "$lock/log" | tail -n 1)
    [ "$code" -ne 0 ] || { outcome='done' && return; }
    case $code-$status in
    *-[45]??) outcome=status ;;
    5-*) outcome=tls ;;
    *)
        case $(cat "$lock/log") in
        *"No space left"* | *"Permission denied"* | *"Read-only"* | *"annot open"*) outcome=write ;;
        *"nable to resolve"* | *"bad address"*) outcome="no such host, or no network" ;;
        *"cheme missing"* | *"nsupported scheme"* | *"not an http"*) outcome=address ;;
        *"onnection refused"*) outcome="the server does not answer" ;;
        *) outcome="the connection broke off at $(size_of "$part") bytes" ;;
        esac
        ;;
    esac
}

cut_back() { # part: to what it had before the page came (nothing, if BusyBox's wget began it anew)
    if [ "$had" -eq 0 ] || [ "$(size_of "$1")" -lt "$had" ] || is_page "$1"; then rm -f "$1"; else dd if=/dev/null of="$1" bs=1 seek="$had" 2>/dev/null; fi
}

refused() { # url, how else to get it
    case $status in
    404 | 410) fail "$1 is not there (HTTP $status)" "$2" ;;
    401 | 403) fail "$1 is not given out (HTTP $status: a login, a quota or a form)" "$2" ;;
    *) fail "$1: the server answers HTTP $status" "$2" ;;
    esac
}

remedy_for_network() { # part, how else to get it
    case $(size_of "$1") in
    0) say "check the network and call again, or $2" ;;
    *) say "call again, which goes on at $(size_of "$1") bytes of $1, or $2" ;;
    esac
}

still_to_come() { # archive, its bytes: what a download would add to the disk
    if [ -n "$from" ] || [ -f "$1" ]; then say 0; else say $(($2 - $(size_of "$1.part"))); fi
}
