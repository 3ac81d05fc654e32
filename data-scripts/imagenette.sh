#!/bin/sh
# imagenette.sh: Imagenette2, ten classes of ImageNet, as DIR/imagenette2/{train,val}/n*/*.JPEG (or imagenette2-320).
#
# Archives, sizes and checksums are fast.ai's (split of December 2019: 9,469 train, 3,925 val). `full` has the pictures
# at their own size; `320` has short sides of 320 px, enough for Resize 200 and a fifth of the download.
set -eu

# shellcheck source=data-scripts/common.sh
. "$(dirname "$0")/common.sh"

page=github.com/fastai/imagenette
mirror=https://s3.amazonaws.com/fast-ai-imageclas
sum_full=6cbfac238434d89fe99e651496f0812ebc7a10fa62bd42d6874042bf01de4efd
sum_320=569b4497c98db6dd29f335d1f109cf315fe127053cedf69010d047f0188e158c
sum_160=64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5
train_pictures=9469 val_pictures=3925
too_small="the 160 px archive is too small: pictures are resized to a short side of 200 px, which would enlarge these"

usage() {
    say "usage: data-scripts/imagenette.sh [--size full|320] [options] DIR"
    say "  --size full    imagenette2.tgz, 1.6 GB to download, as much unpacked (unless given)"
    say "  --size 320     imagenette2-320.tgz, 342 MB, as much unpacked"
    common_usage
}

own_option() {
    case $1 in --size) size=$2 ;; *) return 1 ;; esac
}

known_archive() { # of this size: its name, checksum, bytes, in $name, $published, $bytes
    case $size in
    full) name=imagenette2 published=$sum_full bytes=1557161267 ;;
    320) name=imagenette2-320 published=$sum_320 bytes=341663724 ;;
    160) fail "$too_small" "call with --size 320 or --size full" ;;
    *) misused "--size is full or 320, not \`$size\`" ;;
    esac
}

size_of_archive() { # of --from: by its checksum
    [ -z "$sum" ] || return 0
    case $(digest sha256 "$from") in
    "$sum_full") size=full ;;
    "$sum_320") size=320 ;;
    "$sum_160") fail "$from: $too_small" "get imagenette2-320.tgz or imagenette2.tgz ($page)" ;;
    *)
        fail "$from is neither imagenette2.tgz nor imagenette2-320.tgz as published: damaged, or another archive" \
            "get it again from $page, or say what its checksum has to be (--sha256)"
        ;;
    esac
}

check_layout() { # folder: the pictures that were published, or what --sha256 stands for
    train=$(count "$1/train") val=$(count "$1/val")
    { [ "$train" -gt 0 ] && [ "$val" -gt 0 ]; } ||
        fail "$archive has no $name/train and $name/val with pictures" "get $name.tgz from $page"
    [ "$train-$val" = "$train_pictures-$val_pictures" ] || [ "$sum" != "$published" ] ||
        fail "$archive unpacked to $train and $val pictures, not $train_pictures and $val_pictures" "call again"
}

already_there() {
    [ -e "$dir/$name" ] || return 0
    train=$(count "$dir/$name/train") val=$(count "$dir/$name/val")
    expected="$train_pictures $val_pictures"
    [ ! -f "$dir/$name/source.txt" ] || expected=$(sed -n 's/^pictures //p' "$dir/$name/source.txt")
    [ "$train $val" = "$expected" ] ||
        fail "$dir/$name is there, but not complete: $train and $val pictures of $expected" \
            "move it away (mv $dir/$name $dir/$name.old) and call again"
    say "$dir/$name is complete ($train train, $val val pictures): nothing to do"
    exit 0
}

size=full
parse "$@"
known_archive
say "Imagenette2: ImageNet's terms, non-commercial research and education only; do not pass pictures or reconstructions on."
say "Nothing has to be done by hand."
already_there
need tar tar
need gzip gzip
need_digest sha256
begin imagenette
if [ -n "$from" ]; then
    check_kind gzip "$from" "get imagenette2.tgz or imagenette2-320.tgz ($page)"
    size_of_archive
    known_archive
    already_there
fi
own=$sum # an archive of somebody's own: sizes and counts are not known
if [ -z "$own" ]; then
    sum=$published sum_kind=sha256
    room "$((bytes + $(still_to_come "$dir/$name.tgz" "$bytes")))"
else
    bytes=0
fi
url=${url:-$mirror/$name.tgz}
at_hand "$name.tgz" gzip "$bytes" "get $name.tgz elsewhere ($page) and give --from FILE"
say "unpacking $archive"
unpacked gzip
check_layout "$scratch/$name"
note_source "$scratch/$name/source.txt" "$sum_kind $sum" "pictures $train $val"
rename "$scratch/$name" "$dir/$name"
forget_archive
say "$dir/$name is in place: $train train, $val val pictures. Check that each can be decoded:"
say "  cargo xtask repro data verify imagenette --data-root $dir"
