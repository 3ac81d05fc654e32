#!/bin/sh
# celeba.sh: CelebA's aligned faces in torchvision's layout, DIR/celeba/img_align_celeba/*.jpg and list_eval_partition.txt.
#
# Only img_align_celeba.zip is fetched (Google Drive, the file of torchvision; md5 of torchvision). The partition is
# written here: pictures 1 to 162770 are train, to 182637 validation, to 202599 test; the md5 of what is written is that
# of the published list_eval_partition.txt. torchvision itself asks for four more lists, this program does not.
set -eu

# shellcheck source=data-scripts/common.sh
. "$(dirname "$0")/common.sh"

page=mmlab.ie.cuhk.edu.hk/projects/CelebA.html
published=00d2c5bc6d35e252742224ab0c1e8fcb
published_list=d32c9cbf5e040fd4025c592c306e6668
pictures=202599
bytes=1443490838
unpacked_bytes=1800000000 # of files of 7 kB, in blocks of 4 kB
drive="https://drive.usercontent.google.com/download?id=0B7EVK8r0v71pZjFTYXZWM3FlRnM&export=download&confirm=t"
by_hand="get img_align_celeba.zip (1.4 GB) in a browser from $page (\"Align&Cropped Images\") and give --from FILE"

usage() {
    say "usage: data-scripts/celeba.sh [options] DIR"
    say "  1.4 GB to download, 1.8 GB unpacked"
    common_usage
}

own_option() { return 1; }

partition() { # numbers of pictures, a line each → the lines of the published list
    awk '{ printf "%06d.jpg %d\r\n", $1, $1 <= 162770 ? 0 : $1 <= 182637 ? 1 : 2 }'
}

write_list() { # for the pictures of a folder
    list=$scratch/list_eval_partition.txt
    find "$1" -type f -name '[0-9][0-9][0-9][0-9][0-9][0-9].jpg' |
        sed 's/.*\/0*\([0-9]*\)\.jpg$/\1/' | sort -n | partition >"$list" ||
        fail "$list cannot be written" "$(remedy_for_writing "make $dir writable")"
    [ -s "$list" ] || fail "$archive has no img_align_celeba/000001.jpg or the like" "$by_hand"
    [ -n "$own" ] || [ "$(digest md5 "$list")" = "$published_list" ] ||
        fail "$archive has not all of the $pictures pictures" "call again"
}

missing() { # how many pictures the list names for train and test that are not there; one line at least for awk
    { say none && find "$dir/celeba/img_align_celeba" -type f -name '*.jpg' | sed 's/.*\///'; } |
        awk 'FNR == NR { there[$1] = 1; next } { sub(/\r$/, "") }
            $2 != 1 && NF && !($1 in there) { n++ } END { print n + 0 }' - "$dir/celeba/list_eval_partition.txt"
}

already_there() {
    [ -e "$dir/celeba/img_align_celeba" ] || return 0
    again="move it away (mv $dir/celeba $dir/celeba.old) and call again"
    [ -f "$dir/celeba/list_eval_partition.txt" ] || fail "$dir/celeba/img_align_celeba is there, but no list_eval_partition.txt" "$again"
    gone=$(missing)
    [ "$gone" -eq 0 ] || fail "$dir/celeba is there, but not complete: $gone pictures of its list are missing" "$again"
    listed=$(awk 'NF { n++ } END { print n + 0 }' "$dir/celeba/list_eval_partition.txt")
    [ "$listed" -eq "$pictures" ] || say "(its list names $listed pictures, the published one $pictures)"
    say "$dir/celeba is complete ($listed pictures listed): nothing to do"
    exit 0
}

parse "$@"
say "CelebA: non-commercial research only; do not pass pictures or reconstructions on. Read the agreement first: $page"
say "By hand: nothing, unless Google Drive's daily quota for the file is used up; then $by_hand."
already_there
need_unzip
need_digest md5
[ -n "$from$url" ] || [ ! -f "$dir/celeba/img_align_celeba.zip" ] || from=$dir/celeba/img_align_celeba.zip # torchvision's place
begin celeba
own=$sum # an archive of somebody's own
if [ -z "$own" ]; then
    sum=$published sum_kind=md5
    room "$((unpacked_bytes + $(still_to_come "$dir/img_align_celeba.zip" "$bytes")))"
else
    bytes=0
fi
url=${url:-$drive}
at_hand img_align_celeba.zip zip "$bytes" "$by_hand"
say "unpacking $archive"
unpacked zip
faces=$scratch/img_align_celeba
[ ! -d "$faces/img_align_celeba" ] || faces=$faces/img_align_celeba # as some mirrors have it
[ -d "$faces" ] || fail "$archive has no folder img_align_celeba" "$by_hand"
write_list "$faces"
note_source "$scratch/source.txt" "$sum_kind $sum" "pictures $(count "$faces")"
mkdir -p "$dir/celeba" || fail "$dir/celeba cannot be made" "make $dir writable"
mv "$scratch/list_eval_partition.txt" "$scratch/source.txt" "$dir/celeba"
rename "$faces" "$dir/celeba/img_align_celeba" # last: without it there is no data set
forget_archive
say "$dir/celeba is in place: $(count "$dir/celeba/img_align_celeba") pictures. Check that each can be decoded:"
say "  cargo xtask repro data verify celeba --data-root $dir"
