# common.sh: what the scripts of the data sets share; they source it, nobody runs it.
#
# download   curl or wget → FILE.part; goes on where it stopped (range requests), tries again a bounded number of times
# verified   checksum, and what the first bytes say
# unpacked   into a hidden folder beside the target; the caller renames it when it is whole: there or not there
#
# Every error is two lines, what is wrong and `next:`, and exit code 1 (2: misused). One run at a time in a data folder
# and set, kept by a lock that names its process.
# shellcheck shell=sh disable=SC2034 # variables are used by the scripts

script=$(basename "$0")
dir='' from='' url='' sum='' sum_kind='' tries=8 pause=2 keep='' # what the command line says
lock='' scratch='' child=''                                      # what goes away at the end
coreutils="install one of them (package coreutils or openssl)"
archive=''                                                       # the file to unpack, once it is at hand

say() { printf '%s\n' "$*"; }

fail() { # what is wrong, the next step
    printf '%s: %s\n  next: %s\n' "$script" "$1" "$2" >&2
    exit 1
}

misused() { # what is wrong with the command line
    printf '%s: %s\n\n' "$script" "$1" >&2
    usage >&2
    exit 2
}

common_usage() {
    say "  --from FILE    the archive, already at hand: nothing is downloaded, FILE stays as it is"
    say "  --url URL      a mirror to download from"
    say "  --sha256 HEX   what its checksum has to be (or --md5 HEX): for an archive that is not the published one"
    say "  --tries N      connections in a row that bring less than a MiB before giving up (8)"
    say "  --pause S      seconds before the second try, doubled each time up to 60 (2)"
    say "  --keep         leaves the downloaded archive in DIR"
    say "  DIR            the data folder that --data-root names"
}

parse() { # the command line; own_option of the script takes what is its own: an option and its value
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help) usage && exit 0 ;;
        --keep) keep=yes ;;
        --*)
            [ $# -ge 2 ] || misused "$1 wants a value"
            case $1 in
            --from) from=$2 ;;
            --url) url=$2 ;;
            --sha256 | --md5) sum_kind=${1#--} sum=$(say "$2" | tr 'A-F' 'a-f') ;;
            --tries) tries=$(whole_number "$1" "$2") ;;
            --pause) pause=$(whole_number "$1" "$2") ;;
            *) own_option "$1" "$2" || misused "there is no option $1" ;;
            esac
            shift
            ;;
        -* | '') misused "\`$1\` is no folder" ;;
        *)
            [ -z "$dir" ] || misused "two folders, $dir and $1"
            dir=$1
            ;;
        esac
        shift
    done
    [ -n "$dir" ] || misused "the data folder DIR is missing"
    [ "$tries" -ge 1 ] || misused "--tries 0 would do nothing"
    case $sum_kind-${#sum} in - | -0 | sha256-64 | md5-32) ;; *) misused "$sum has not the length of a $sum_kind" ;; esac
    [ -z "$from" ] || [ -z "$url" ] || misused "--from and --url: which?"
    dir=$(absolute "$dir")
    [ -z "$from" ] || from=$(absolute "$from")
}

whole_number() {
    case $2 in '' | *[!0-9]* | ?????*) misused "$1 wants a whole number, not \`$2\`" ;; esac
    say "$2"
}

absolute() { # need not exist yet
    case $1 in /) say / ;; /*) say "${1%/}" ;; *) say "$(pwd)/${1%/}" ;; esac
}

begin() { # name of the set: DIR can be written to, and nobody else is at it
    [ -z "$from" ] || [ -f "$from" ] ||
        fail "there is no file $from" "give --from the archive itself, or leave it out to download"
    [ -z "$from" ] || [ -r "$from" ] || fail "$from cannot be read" "chmod u+r it, or call as the user it belongs to"
    mkdir -p "$dir" 2>/dev/null || fail "$dir cannot be made" "name another DIR, or make it writable"
    { [ -d "$dir" ] && [ -w "$dir" ]; } || fail "$dir cannot be written to" "name another DIR, or chmod u+w $dir"
    lock=$dir/.$1.lock
    exec 3>&2 # a signal can come while 2 goes into a log
    trap leave EXIT
    trap 'stopped 129' HUP
    trap 'stopped 130' INT
    trap 'stopped 143' TERM
    mkdir "$lock" 2>/dev/null || take_over || {
        other=$lock lock=''
        [ -d "$other" ] || fail "$dir cannot be written to" "$(remedy_for_writing "name another DIR, or make it writable")"
        fail "another run is at it (process $holder holds $other)" "wait for it; if there is none, rm -r $other and call again"
    }
    say $$ >"$lock/pid"
    scratch=$dir/.$1.unpacking
    rm -rf "$scratch"
}

stopped() { # exit code
    printf '\n%s: stopped\n  next: call again with the same words, which goes on from here\n' "$script" >&3
    exit "$1"
}

take_over() { # the lock of a run that was killed
    [ -d "$lock" ] || return 1
    [ -s "$lock/pid" ] || sleep 1 # it may be about to say who it is
    for named in pid child; do
        holder=$(cat "$lock/$named" 2>/dev/null) || continue
        ! kill -0 "$holder" 2>/dev/null || return 1
    done
    rm -rf "$lock" && mkdir "$lock" 2>/dev/null
}

leave() {
    trap '' HUP INT TERM
    [ -z "$child" ] || { kill "$child" && wait "$child"; } 2>/dev/null || :
    [ -z "$scratch" ] || rm -rf "$scratch"
    [ -z "$lock" ] || rm -rf "$lock"
}

run() { # a long command; its process is named in the lock, so that one left over from a killed run is noticed
    "$@" &
    child=$!
    say "$child" >"$lock/child" 2>/dev/null || :
    run_code=0
    wait "$child" || run_code=$?
    child=''
    return "$run_code"
}

has() { command -v "$1" >/dev/null 2>&1; }

need() { # a program, the package it is in
    has "$1" || fail "the program $1 is missing" "install it (package $2) and call again"
}

size_of() { # in bytes; 0 if it is not there
    if [ -f "$1" ]; then wc -c <"$1" | tr -d ' '; else say 0; fi
}

free_kib() { df -Pk "$dir" 2>/dev/null | awk 'NR == 2 { print $4 }'; }

room() { # bytes that are needed in DIR
    free=$(free_kib)
    wanted=$(($1 / 1024))
    case $free in '' | *[!0-9]*) return 0 ;; esac # a file system that does not say
    [ "$free" -ge "$wanted" ] ||
        fail "only $((free / 1024)) MiB are free in $dir, $((wanted / 1024 + 1)) MiB are needed" "make room, or name a DIR on another disk"
}

remedy_for_writing() { # the next step where the disk is not full
    free=$(free_kib)
    case $free in
    '' | *[!0-9]*) say "$1" ;;
    *)
        if [ "$free" -ge 256 ]; then say "$1"; else
            say "the disk is full: make room in $dir and call again, which goes on from here"
        fi
        ;;
    esac
}

digest() { # sha256 or md5, file
    case $1 in
    sha256)
        if has sha256sum; then sha256sum <"$2"
        elif has shasum; then shasum -a 256 <"$2"
        elif has openssl; then openssl dgst -sha256 -r <"$2"; fi
        ;;
    md5)
        if has md5sum; then md5sum <"$2"
        elif has md5; then md5 -q <"$2"
        elif has openssl; then openssl dgst -md5 -r <"$2"; fi
        ;;
    esac | sed 's/[^0-9a-f].*//'
}

need_digest() { # sha256 or md5
    case $1 in
    sha256) has sha256sum || has shasum || has openssl || fail "none of sha256sum, shasum, openssl is there" "$coreutils" ;;
    md5) has md5sum || has md5 || has openssl || fail "none of md5sum, md5, openssl is there" "$coreutils" ;;
    esac
}

need_loader() { # name of the archive
    has curl || has wget ||
        fail "neither curl nor wget is there" "install one of them, or get $1 elsewhere and give --from FILE"
}

# shellcheck source=data-scripts/download.sh
. "$(dirname "$0")/download.sh"
# shellcheck source=data-scripts/archives.sh
. "$(dirname "$0")/archives.sh"

at_hand() { # name of the archive, its kind, its bytes or 0, how else to get it → $archive, checked
    archive=$from again="get it again: $4"
    if [ -z "$archive" ] && [ -f "$dir/$1" ]; then
        archive=$dir/$1 again="rm $dir/$1 and call again"
        say "found $archive: not downloaded again"
    fi
    if [ -n "$archive" ]; then
        check_kind "$2" "$archive" "$again"
        [ -z "$sum" ] || [ "$(digest "$sum_kind" "$archive")" = "$sum" ] ||
            fail "$archive has another $sum_kind than $sum: damaged, or another archive" "$again"
        return
    fi
    need_loader "$1"
    download "$url" "$dir/$1.part" "$3" "$4"
    archive=$dir/$1.part
    (check_kind "$2" "$archive" "$4") || { rm -f "$archive" && exit 1; }
    found=$([ -z "$sum" ] || digest "$sum_kind" "$archive")
    if [ "$found" != "$sum" ]; then
        rm -f "$archive"
        fail "what $url gave has the $sum_kind $found, not $sum; it was removed" "call again; if that repeats, the mirror has another archive: $4"
    fi
    mv "$archive" "$dir/$1"
    archive=$dir/$1
}

count() { # files under a folder
    find "$1" -type f ! -name '.*' 2>/dev/null | wc -l | tr -d ' '
}

note_source() { # file, lines: where the data came from
    note=$1
    shift
    {
        say "archive $(basename "$archive")"
        say "from ${from:-$url}"
        printf '%s\n' "$@"
    } >"$note" || fail "$note cannot be written" "$(remedy_for_writing "make $dir writable")"
}

rename() { # from, to: within one file system
    [ ! -e "$2" ] || fail "$2 appeared meanwhile" "call again"
    mv "$1" "$2" || fail "$2 cannot be put in place" "make $dir writable and call again"
}

forget_archive() { # what was downloaded and is placed
    case $archive in "$from") return ;; esac
    [ -n "$keep" ] || rm -f "$archive"
}
