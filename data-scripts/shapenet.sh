#!/bin/sh
# shapenet.sh: meshes of ShapeNetCore v2, as DIR/ShapeNetCore.v2/<synset>/<model>/models/model_normalized.obj.
#
# ShapeNet is given to registered users only, and no checksums are published: get ShapeNetCore.v2.zip (25 GB) or the zip
# of a category (02691156.zip: aeroplanes) by hand and give --from, once per archive. Only meshes and
# taxonomy.json are unpacked (materials, textures and voxels would be several times as much); a category is put in place
# whole, beside those that are there. SHREC16's list of the split, all.csv, comes beside them (--split); without it the
# loader parts models by their names.
set -eu

# shellcheck source=data-scripts/common.sh
. "$(dirname "$0")/common.sh"

page=shapenet.org
place=ShapeNetCore.v2
by_hand="register at $page (or accept the terms of the dataset ShapeNet/ShapeNetCore on huggingface.co), \
get ShapeNetCore.v2.zip or the zip of a category and give --from FILE"
only='' split=''

usage() {
    say "usage: data-scripts/shapenet.sh --from FILE | --url URL [--only SYNSET,…] [options] DIR"
    say "  --only LIST    these categories of the archive, e.g. 02691156,03001627 (aeroplanes, chairs); all unless given"
    say "  --split FILE   SHREC16's all.csv (train, val, test): alone, or with an archive"
    common_usage
}

own_option() {
    case $1 in --only) only=$2 ;; --split) split=$2 ;; *) return 1 ;; esac
}

check_only() {
    case $only in *[!0-9,]*) misused "--only wants synsets of eight digits, e.g. 02691156,03001627" ;; esac
    for synset in $(say "$only" | tr ',' ' '); do
        [ ${#synset} -eq 8 ] || misused "$synset is no synset: those have eight digits"
    done
}

wanted() { # synset
    case ,${only:-$1}, in *,"$1",*) ;; *) return 1 ;; esac
}

patterns() { # of the members to unpack, a line each
    say '*taxonomy.json'
    if [ -n "$only" ]; then
        say "$only" | tr ',' '\n' | sed 's/.*/*&*\/models\/model_normalized.obj/'
    else
        say '*/models/model_normalized.obj'
    fi
}

models() { # folder of a category: how many have a mesh
    find "$1" -type f -name model_normalized.obj -size +0 | wc -l | tr -d ' '
}

check_listing() { # what the archive is, before gigabytes are unpacked
    zip_members "$archive" >"$lock/members" 2>/dev/null ||
        fail "the list of $archive cannot be read" "$(remedy_for_writing "get it again: $by_hand")"
    if ! grep -q '[0-9]\{8\}/[^/]*/models/model_normalized\.obj$' "$lock/members"; then
        ! grep -q '[0-9]\{8\}/[^/]*/model\.obj$' "$lock/members" ||
            fail "$archive is ShapeNetCore v1" "get version 2: $by_hand"
        fail "$archive has no <synset>/<model>/models/model_normalized.obj" "$by_hand"
    fi
    for synset in $(say "$only" | tr ',' ' '); do
        grep -q "\(^\|/\)$synset/" "$lock/members" || fail "$archive has no category $synset" "give an archive that has it, or another --only"
    done
}

place_categories() {
    placed=0
    for category in "$scratch"/[0-9]*[0-9] "$scratch"/*/[0-9]*[0-9]; do
        synset=${category##*/}
        { [ -d "$category" ] && [ ${#synset} -eq 8 ] && wanted "$synset"; } || continue
        placed=$((placed + 1))
        if [ -e "$dir/$place/$synset" ]; then
            say "$dir/$place/$synset is there already: left as it is ($(models "$dir/$place/$synset") meshes)"
            continue
        fi
        empty=$(find "$category" -type f -name model_normalized.obj ! -size +0 | wc -l | tr -d ' ')
        [ "$empty" -eq 0 ] || say "(category $synset: $empty meshes are empty files)"
        rename "$category" "$dir/$place/$synset"
        say "$dir/$place/$synset is in place: $(models "$dir/$place/$synset") meshes"
    done
    [ "$placed" -gt 0 ] || fail "$archive has none of the categories $only" "$by_hand"
}

place_split() {
    [ -f "$split" ] || fail "there is no file $split" "give --split SHREC16's all.csv"
    case $(head -n 1 "$split") in
    *[mM]odel*split*) ;;
    *) fail "the first line of $split names no model and split" "give --split SHREC16's all.csv" ;;
    esac
    mkdir -p "$dir/$place" || fail "$dir/$place cannot be made" "make $dir writable"
    [ ! -e "$dir/$place/all.csv" ] || cmp -s "$split" "$dir/$place/all.csv" ||
        fail "$dir/$place/all.csv is another list" "move it away and call again"
    cp "$split" "$lock/all.csv" || fail "$split cannot be copied" "$(remedy_for_writing "make $dir writable")"
    mv "$lock/all.csv" "$dir/$place/all.csv"
    say "$dir/$place/all.csv is in place: $(grep -c . "$split") lines"
}

already_there() { # every category that --only names
    [ -n "$only" ] || return 1
    for synset in $(say "$only" | tr ',' ' '); do
        [ -d "$dir/$place/$synset" ] || return 1
    done
    say "$dir/$place has $only: nothing to do"
}

parse "$@"
check_only
say "ShapeNetCore v2: non-commercial research and education, for registered users; do not pass meshes on (terms: $page)."
say "By hand: $by_hand."
name=${url##*/} name=${name%%\?*} # the zip of a category keeps its name
name=${name:-$place.zip}
[ -z "$split" ] || split=$(absolute "$split")
if already_there && [ -z "$split" ]; then exit 0; fi
[ -n "$from$url$split" ] || [ -f "$dir/$name" ] ||
    fail "ShapeNet has no open link, so this script cannot download it" "$by_hand"
need_unzip
[ -z "$sum" ] || need_digest "$sum_kind"
begin shapenet
[ -z "$split" ] || place_split
if [ -z "$from$url" ] && [ ! -f "$dir/$name" ] || already_there; then exit 0; fi
at_hand "$name" zip 0 "$by_hand"
check_listing
IFS='
'
set -f
# shellcheck disable=SC2046 # a pattern a line
set -- $(patterns)
set +f
unset IFS
room "$(zip_bytes "$archive" "$@")"
say "unpacking the meshes of $archive"
unpacked zip "$@"
mkdir -p "$dir/$place" || fail "$dir/$place cannot be made" "make $dir writable"
for taxonomy in "$scratch"/taxonomy.json "$scratch"/*/taxonomy.json; do
    [ ! -f "$taxonomy" ] || [ -e "$dir/$place/taxonomy.json" ] || mv "$taxonomy" "$dir/$place/taxonomy.json"
done
place_categories
forget_archive
say "Check that each mesh can be read:"
say "  cargo xtask repro data verify shapenet-sdf --data-root $dir"
