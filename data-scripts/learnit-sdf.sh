#!/bin/sh
# learnit-sdf.sh: the 2-D signed distance fields of Learnit, as DIR/sdf2d/data_2d_sdf.npz.
#
# Its page has no direct link to the file and no checksum of it. So the file comes from --from or --url; what can be
# looked into is: that the archive is undamaged (the CRCs in it), that it has train_data.npy and test_data.npy,
# and that these are [n, 178, 178, 3]. The sha256 is printed, to be compared with a colleague's.
set -eu

# shellcheck source=data-scripts/common.sh
. "$(dirname "$0")/common.sh"

page=www.matthewtancik.com/learnit
name=data_2d_sdf.npz
by_hand="get $name through $page (or from its authors) and give --from FILE; \
the data set \`silhouettes\` comes with the repository and is of the same family"

usage() {
    say "usage: data-scripts/learnit-sdf.sh --from FILE | --url URL [options] DIR"
    common_usage
}

own_option() { return 1; }

check_members() { # npz, the next step
    members=$(zip_members "$1" 2>/dev/null)
    for key in train_data test_data; do
        member=$(say "$members" | grep -x -e "$key.npy" -e "$key.npy.npy" | head -n 1)
        [ -n "$member" ] || fail "$1 has no $key.npy (it has: $(say "$members" | tr '\n' ' '))" "$2"
        case $(zip_head "$1" "$member" | tr -d ' ') in
        *NUMPY*",178,178,3)"* | *NUMPY*",178,178,3,)"*) ;;
        *) fail "$member of $1 is not [n, 178, 178, 3]" "$2" ;;
        esac
    done
}

already_there() {
    [ -e "$dir/sdf2d/$name" ] || return 0
    check_members "$dir/sdf2d/$name" "move it away and call again"
    found=$(digest sha256 "$dir/sdf2d/$name")
    noted=$(sed -n 's/^sha256 //p' "$dir/sdf2d/source.txt" 2>/dev/null) || :
    [ "$found" = "${noted:-$found}" ] ||
        fail "$dir/sdf2d/$name has the sha256 $found, not $noted as when it was put there" "move it away and call again"
    say "$dir/sdf2d/$name is complete (sha256 $found): nothing to do"
    exit 0
}

parse "$@"
say "Learnit's 2-D SDFs (Tancik et al., CVPR 2021): its authors state no licence; do not pass the file on."
say "By hand: $by_hand."
need_unzip
need_digest sha256
already_there
[ -n "$from$url" ] || [ -f "$dir/$name" ] || fail "there is no direct link to $name, so this script cannot download it" "$by_hand"
begin sdf2d
at_hand "$name" zip 0 "$by_hand"
say "checking $archive"
zip_intact "$archive" 2>"$lock/log" || {
    [ -n "$from" ] || rm -f "$archive"
    fail "$archive is damaged: a checksum inside it is wrong$([ -n "$from" ] || say ' (it was removed)')" "get it again: $by_hand"
}
check_members "$archive" "$by_hand"
found=$(digest sha256 "$archive")
mkdir "$scratch"
if [ -n "$from" ] || [ -n "$keep" ]; then
    run cp "$archive" "$scratch/$name" || fail "$archive cannot be copied into $dir" "$(remedy_for_writing "make $dir writable")"
else
    mv "$archive" "$scratch/$name"
fi
note_source "$scratch/source.txt" "sha256 $found"
mkdir -p "$dir/sdf2d" || fail "$dir/sdf2d cannot be made" "make $dir writable"
mv "$scratch/source.txt" "$dir/sdf2d"
rename "$scratch/$name" "$dir/sdf2d/$name"
say "$dir/sdf2d/$name is in place: sha256 $found"
say "(no checksum of it is published; what was checked: CRCs, members, shapes). Check every value:"
say "  cargo xtask repro data verify sdf2d --data-root $dir"
