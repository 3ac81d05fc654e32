#!/bin/sh
# libtorch.sh [VERSION] DIR [--from WHEELS]: a LibTorch that computes on this CPU, for the engine `burn-tch`.
#
# It is cut out of three wheels that pip finds: torch (libtorch_cpu, libc10, OpenMP, headers) and the two small CUDA
# libraries that libtorch_cpu of that wheel is linked against although no GPU is used (cupti, cudart). The wheel's
# libtorch.so asks for libtorch_cuda as well (1 GB); an empty library that asks for the CPU parts only replaces it.
# Everything is built in DIR.partial and renamed at the end: DIR is complete or absent, and a second call goes on.
#
# Size: 0.9 GB to download, 0.5 GB in DIR, 1.5 GB of room meanwhile. Licences (texts in DIR/licenses): LibTorch is
# BSD-3-Clause; cupti and cudart: NVIDIA CUDA end user licence; libgomp: GPL-3 with the GCC runtime exception.
set -eu

version=2.9.0 # what tch 0.22, and with it burn-tch 0.22.1, is written for
python_tag=311 # of which Python's wheel: the libraries in it are the same, and one choice has one checksum
sums_of_2_9_0='
51de31219c97c51cf4bf2be94d622e3deb5dcc526c6dc00e97c17eaec0fc1d67 torch
ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182 nvidia_cuda_cupti_cu12
adade8dcbd0edf427b7204d480d6066d33902cab2a4707dcfc48a2d0fd44ab90 nvidia_cuda_runtime_cu12
'

say() { printf '%s\n' "$*"; }

fail() { # what is wrong, the next step
    printf 'libtorch.sh: %s\n  next: %s\n' "$1" "$2" >&2
    exit 1
}

usage() {
    say "usage: data-scripts/libtorch.sh [VERSION] DIR [--from WHEELS]"
    say "  VERSION        of LibTorch; $version unless given, and burn-tch 0.22.1 accepts no other"
    say "  DIR            where to put it, e.g. target/libtorch"
    say "  --from WHEELS  a folder that has the three wheels already: nothing is downloaded"
}

misused() {
    usage >&2
    exit 2
}

absolute() { # DIR need not exist yet
    case $1 in /*) say "${1%/}" ;; *) say "$(pwd)/${1%/}" ;; esac
}

check_machine() {
    archive="unpack the official LibTorch $version archive for this machine as $dir (pytorch.org, \"Get started\", LibTorch)"
    case $(uname -s)-$(uname -m) in
    Linux-x86_64) ;;
    *) fail "made for Linux on x86_64, this is $(uname -s) on $(uname -m)" "$archive" ;;
    esac
    command -v python3 >/dev/null || fail "python3 is missing" "install Python 3.8 or later with pip, or $archive"
    command -v cc >/dev/null || fail "no C compiler (cc)" "install gcc or clang; the engine needs a C++ compiler anyway"
    [ -n "$wheels" ] || python3 -m pip --version >/dev/null 2>&1 ||
        fail "python3 has no pip" "python3 -m ensurepip --user, or the package python3-pip, or --from WHEELS"
}

check_room() { # kB in the folder that DIR is put into
    room=$(df -Pk "$(dirname "$dir")" | awk 'NR == 2 { print $4 }')
    [ "$room" -ge 1600000 ] || fail "only $((room / 1024)) MB free beside $dir, 1600 MB are needed" "make room or name another DIR"
}

fetch() { # name==version …: whichever Python is here, the wheels of Python $python_tag; what is there is not fetched again
    python3 -m pip download --quiet --no-cache-dir --no-deps --only-binary=:all: --dest "$wheels" \
        --implementation cp --python-version "$python_tag" --abi "cp$python_tag" --abi none \
        --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "$@" ||
        fail "pip could not get $*" "check the network and call again, or fetch the wheels elsewhere and call with --from WHEELS"
}

wheel() { # name: its file in $wheels
    set -- "$1" "$wheels/$1-"*.whl
    [ -f "$2" ] || fail "no wheel $1 in $wheels" "call without --from: all three are fetched"
    [ $# -eq 2 ] || fail "several wheels $1 in $wheels" "leave one"
    say "$2"
}

cuda_pins() { # the versions of cupti and cudart that the torch wheel asks for, as name==version
    python3 - "$1" <<'PYTHON'
import re, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
print(*re.findall(r"^Requires-Dist: (nvidia-cuda-(?:cupti|runtime)-cu12==[0-9.]+)", wheel.read(metadata).decode(), re.M))
PYTHON
}

verify() { # wheel's name, its file: against the table above, which has the wheels of 2.9.0 for one Python
    case $version-$(basename "$2") in
    2.9.0-torch-2.9.0-cp$python_tag-* | 2.9.0-nvidia_*-12.8.90-*) ;;
    *) say "  (no checksum known for $(basename "$2"))" && return ;;
    esac
    found=$(python3 -c 'import hashlib, sys
digest = hashlib.sha256()
with open(sys.argv[1], "rb") as file:
    for block in iter(lambda: file.read(1 << 20), b""): digest.update(block)
print(digest.hexdigest())' "$2")
    say "$sums_of_2_9_0" | grep -q "^$found $1\$" || fail "sha256 of $2 is $found, not the known one" "delete that file and call again"
}

unpack() { # torch's wheel, cupti's, cudart's → $part/libtorch
    python3 - "$part/libtorch" "$@" <<'PYTHON'
import pathlib, shutil, sys, zipfile
root = pathlib.Path(sys.argv[1])
LIBRARIES = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcupti.so.12", "libcudart.so.12"}
seen = set()
for wheel in map(zipfile.ZipFile, sys.argv[2:]):
    package = pathlib.Path(wheel.filename).name.split("-")[0]
    for name in wheel.namelist():
        path = pathlib.PurePosixPath(name)
        if name.endswith("/") or ".." in path.parts:
            continue
        if path.name in LIBRARIES and path.parent.name == "lib":
            target = root / "lib" / path.name
            seen.add(path.name)
        elif name.startswith("torch/include/"):
            target = root / path.relative_to("torch")
        elif path.name.lower().startswith(("license", "notice")):
            target = root / "licenses" / f"{package}-{path.name}"
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with wheel.open(name) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
if LIBRARIES - seen:
    sys.exit("libtorch.sh: not in the wheels: " + ", ".join(sorted(LIBRARIES - seen)))
PYTHON
}

link_shim() { # libtorch.so, which everything is linked against: asks for the CPU parts, has nothing itself
    (
        cd "$part/libtorch/lib"
        : | cc -shared -x c - -o libtorch.so -Wl,-soname,libtorch.so -Wl,--no-as-needed -L. -l:libtorch_cpu.so -l:libc10.so \
            -Wl,-rpath,'$ORIGIN' -Wl,--allow-shlib-undefined
    ) || fail "cc could not link libtorch.so" "see its message above; gcc or clang with GNU ld, gold or lld is needed"
}

load() { # of a folder: the dynamic linker finds everything
    LD_LIBRARY_PATH=$1/lib python3 -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1/lib/libtorch.so" ||
        fail "libtorch.so does not load" "see the message above; glibc 2.28 or later is needed"
}

closing_words() {
    say "LibTorch $version is in $dir ($(du -sh "$dir" | cut -f1)). To use it:"
    say "  export LIBTORCH=$dir"
    say "  export LD_LIBRARY_PATH=$dir/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
    say "  cargo test --release --package inr-burn --features tch"
    say "or, in target/libtorch, without any of this: cargo xtask repro table1 --engine burn-tch"
}

dir='' wheels=''
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --from) [ $# -ge 2 ] || misused; wheels=$2; shift ;;
    -* | '') misused ;;
    [0-9]*.[0-9]*.[0-9]*) version=$1 ;;
    *) [ -z "$dir" ] || misused; dir=$1 ;;
    esac
    shift
done
[ -n "$dir" ] || misused
dir=$(absolute "$dir")
part=$dir.partial

if [ -e "$dir" ]; then
    [ "$(cat "$dir/build-version" 2>/dev/null)" = "$version" ] ||
        fail "$dir exists and is no LibTorch $version" "delete it or name another DIR"
    closing_words
    exit 0
fi
check_machine
[ -z "$wheels" ] || [ -d "$wheels" ] || fail "no folder $wheels" "--from wants the folder with the three wheels"
mkdir -p "$(dirname "$dir")"
check_room

say "LibTorch $version for the CPU (licence BSD-3-Clause; 0.9 GB of wheels, 0.5 GB in the end)"
if [ -z "$wheels" ]; then
    wheels=$part/wheels
    mkdir -p "$wheels"
    say "1/3 download"
    fetch "torch==$version"
    pins=$(cuda_pins "$(wheel torch)")
    # shellcheck disable=SC2086 # two words
    fetch $pins
else
    wheels=$(absolute "$wheels")
    say "1/3 wheels of $wheels"
fi
torch=$(wheel torch)
cupti=$(wheel nvidia_cuda_cupti_cu12)
cudart=$(wheel nvidia_cuda_runtime_cu12)
case $(basename "$torch") in torch-"$version"-*) ;; *) fail "$torch is not version $version" "give the VERSION you want" ;; esac
say "2/3 check"
verify torch "$torch"
verify nvidia_cuda_cupti_cu12 "$cupti"
verify nvidia_cuda_runtime_cu12 "$cudart"

say "3/3 unpack"
rm -rf "$part/libtorch"
mkdir -p "$part/libtorch"
unpack "$torch" "$cupti" "$cudart"
link_shim
load "$part/libtorch"
say "$version" >"$part/libtorch/build-version"
mv "$part/libtorch" "$dir"
rm -rf "$part"
closing_words
