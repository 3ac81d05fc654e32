# archives.sh: what is in a zip or a tar.gz; sourced by common.sh. Zips with unzip or, where that is missing, Python.
# shellcheck shell=sh disable=SC2154 # variables are set by common.sh

first_bytes() { od -An -tx1 -N 4 "$1" | tr -d ' \n'; }

is_page() { # begins with `<`, perhaps behind white space
    case $(first_bytes "$1") in 3c* | 0a3c* | 0d0a3c* | 203c*) ;; *) return 1 ;; esac
}

check_kind() { # gzip or zip, file, the next step
    case $1-$(first_bytes "$2") in
    gzip-1f8b* | zip-504b0304) ;;
    *-) fail "$2 is empty" "$3" ;;
    *)
        ! is_page "$2" || fail "$2 is a web page, not an archive" "$3"
        fail "$2 is no $1 archive (first bytes $(first_bytes "$2"))" "$3"
        ;;
    esac
}

unpacked() { # kind of $archive, for zip: the members wanted → $scratch
    kind=$1
    shift
    rm -rf "$scratch"
    mkdir "$scratch" || fail "$scratch cannot be made" "$(remedy_for_writing "make $dir writable")"
    code=0
    case $kind in
    gzip) LC_ALL=C run tar -xzof "$archive" -C "$scratch" 2>"$lock/log" || code=$? ;;
    zip) LC_ALL=C run unzipped "$archive" "$scratch" "$@" 2>"$lock/log" || code=$? ;;
    esac
    [ "$code" -ne 0 ] || return 0
    remedy=$(remedy_for_writing '')
    [ -z "$remedy" ] || fail "the archive could not be unpacked: no room left in $dir" "$remedy"
    why=$(sed -n '/[^ ]/{s/^ *//;p;q;}' "$lock/log" 2>/dev/null)
    damaged=$archive
    [ -n "$from" ] || { rm -f "$archive" && damaged="$archive, which was removed,"; }
    fail "$damaged cannot be unpacked ($why)" "get the archive again: call without --from, or with another FILE or --url"
}

need_unzip() {
    has unzip || has python3 ||
        fail "unzip is missing (and python3, which can do the same)" "install the package unzip and call again"
}

unzipped() { # archive, folder, members as patterns: all if there are none
    if has unzip; then
        zip=$1 into=$2
        shift 2
        unzip -q -o "$zip" "$@" -d "$into" </dev/null || [ $? -eq 11 ] # 11: a pattern without a member; the caller looks
    else
        python_zip unpack "$@"
    fi
}

zip_members() { # archive: the names in it, a line each
    if has unzip; then
        unzip -l "$1" | awk '/^ *[0-9]+ +[0-9-]+ +[0-9:]+ /{ sub(/^ *[0-9]+ +[0-9-]+ +[0-9:]+ +/, ""); print }'
    else
        python_zip names "$1" -
    fi
}

zip_bytes() { # archive, patterns: how much they are once unpacked
    if has unzip; then
        unzip -l "$@" 2>/dev/null | awk 'END { print $1 + 0 }'
    else
        archive_asked=$1
        shift
        python_zip bytes "$archive_asked" - "$@"
    fi
}

zip_head() { # archive, member: of its first 128 bytes those that can be printed
    if has unzip; then
        unzip -p "$1" "$2" 2>/dev/null </dev/null | dd bs=1 count=128 2>/dev/null
    else
        python_zip head "$1" - "$2"
    fi | LC_ALL=C tr -cd ' -~'
}

zip_intact() { # archive: every CRC in it
    if has unzip; then unzip -tqq "$1" </dev/null >/dev/null; else python_zip test "$1" -; fi
}

python_zip() { # what, archive, folder or -, patterns
    python3 - "$@" <<'PYTHON'
import fnmatch, sys, zipfile
what, archive, into, *patterns = sys.argv[1:]
file = zipfile.ZipFile(archive)
members = [m for m in file.infolist() if not patterns or any(fnmatch.fnmatchcase(m.filename, p) for p in patterns)]
if what == "unpack":
    file.extractall(into, members)
elif what == "names":
    print(*(m.filename for m in members), sep="\n")
elif what == "bytes":
    print(sum(m.file_size for m in members))
elif what == "head":
    print(file.open(members[0]).read(128).decode("latin-1").encode("ascii", "ignore").decode())
else:
    sys.exit(file.testzip())
PYTHON
}
