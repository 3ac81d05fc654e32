#!/usr/bin/env python3
"""Values of Pillow and torchvision that crates/datasets is compared with, to the bit.

    data-scripts/parity.py [SHARED]

Run without torchvision at hand, it first makes a virtual environment in target/parity (PyPI: pillow, numpy,
torch, torchvision; about 3 GB) and goes on there. It writes, below crates/datasets/tests/parity:

  <case>.png|jpg          small pictures of every colour type, made from free photographs of data/photos
  <case>.rgb.png          what Image.open(case).convert("RGB") gives
  <case>.celeba.png       CenterCrop(178), ToTensor, times 255
  <case>.imagenette.png   Resize(200), CenterCrop(178), ToTensor, times 255
  versions.txt            of what computed them
  shared.tsv              only if SHARED/data is given: for each photograph below it the first 16 hexadecimal
                          digits of the SHA-256 of its signal's bytes [178, 178, 3]; the pictures stay there

ToTensor divides by 255 in float32, so that values times 255 are whole numbers: asserted for each signal.
"""

import hashlib
import io
import os
import pathlib
import struct
import subprocess
import sys
import warnings
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "crates/datasets/tests/parity"

try:
    import numpy as np
    import PIL
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms
except ImportError:
    python = ROOT / "target/parity/bin/python"
    if pathlib.Path(sys.executable) == python:
        raise
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ROOT / "target/parity"], check=True)
    packages = ["pillow>=13", "numpy", "torch", "torchvision"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    os.execv(python, [python, __file__, *sys.argv[1:]])

warnings.simplefilter("ignore")  # palettes with transparency

PREPARED = {
    "celeba": transforms.Compose([transforms.CenterCrop(178), transforms.ToTensor()]),
    "imagenette": transforms.Compose(
        [transforms.Resize(200), transforms.CenterCrop(178), transforms.ToTensor()]
    ),
}


def signal_bytes(file, how):
    """[178, 178, 3] uint8 of a signal; its values are exactly these over 255 in float32."""
    tensor = PREPARED[how](Image.open(file).convert("RGB")).permute(1, 2, 0).numpy()
    values = np.rint(tensor * 255).astype(np.uint8)
    assert tensor.dtype == np.float32 and (values.astype(np.float32) / np.float32(255) == tensor).all()
    return values


def png(width, height, depth, colour, rows, extra=()):
    """A PNG of any colour type: Pillow does not write all of them."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, body) for kind, body in [(b"IHDR", header), *extra, (b"IDAT", data), (b"IEND", b"")]
    )


def packed(indices, depth):
    """Rows of small integers, `depth` bits each."""
    per_byte = 8 // depth
    rows = []
    for row in indices:
        row = list(row) + [0] * (-len(row) % per_byte)
        groups = [row[i : i + per_byte] for i in range(0, len(row), per_byte)]
        rows.append([sum(v << depth * (per_byte - 1 - i) for i, v in enumerate(g)) for g in groups])
    return rows


def png_cases(photo):
    """Name → bytes: every colour type and depth, with transparency where the format has it."""
    rgb = np.asarray(photo)
    height, width, _ = rgb.shape
    grey = np.asarray(photo.convert("L")).astype(int)
    alpha = (np.add.outer(np.arange(height) * 5, np.arange(width) * 3) % 256).astype(int)
    deep = rgb.astype(int) * 256 + (rgb.astype(int) * 7) % 256
    grey16 = grey * 256 + (grey * 7) % 256
    dark16 = grey * 3  # across the value where Pillow's I;16 is clipped
    palette = photo.quantize(16)
    colours = bytes(palette.getpalette()[: 16 * 3])
    indices = np.asarray(palette).astype(int)

    def big_endian(array):
        return [row.astype(">u2").tobytes() for row in array.reshape(height, -1)]

    def interleaved(array, alpha):
        return np.concatenate([array.reshape(height, width, -1), alpha[..., None]], axis=2)

    def eight(array):
        return [row.astype(np.uint8).tobytes() for row in array.reshape(height, -1)]

    size = (width, height)
    cases = {
        "rgb8": png(*size, 8, 2, eight(rgb)),
        "rgb8-transparent-colour": png(*size, 8, 2, eight(rgb), [(b"tRNS", struct.pack(">3H", *rgb[0, 0]))]),
        "rgb16": png(*size, 16, 2, big_endian(deep)),
        "rgba8": png(*size, 8, 6, eight(interleaved(rgb, alpha))),
        "rgba16": png(*size, 16, 6, big_endian(interleaved(deep, alpha * 257))),
        "grey8": png(*size, 8, 0, eight(grey)),
        "grey8-transparent-value": png(*size, 8, 0, eight(grey), [(b"tRNS", struct.pack(">H", grey[0, 0]))]),
        "grey16": png(*size, 16, 0, big_endian(grey16)),
        "grey16-dark": png(*size, 16, 0, big_endian(dark16)),
        "grey-alpha8": png(*size, 8, 4, eight(interleaved(grey, alpha))),
        "grey-alpha16": png(*size, 16, 4, big_endian(interleaved(grey16, alpha * 257))),
        "palette8": png(*size, 8, 3, eight(indices), [(b"PLTE", colours)]),
        "palette8-transparent": png(
            *size, 8, 3, eight(indices), [(b"PLTE", colours), (b"tRNS", bytes([0, 128, 255]))]
        ),
        "palette8-beyond": png(*size, 8, 3, eight(indices + 5), [(b"PLTE", colours)]),
    }
    for depth in (1, 2, 4):
        levels = grey >> 8 - depth
        cases[f"grey{depth}"] = png(*size, depth, 0, packed(levels, depth))
        cases[f"palette{depth}"] = png(*size, depth, 3, packed(levels, depth), [(b"PLTE", colours)])
    return {f"{name}.png": data for name, data in cases.items()}


def jpeg_cases(photo):
    """Name → bytes: samplings, colour spaces, scans, EXIF."""

    def jpeg(picture, **options):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", **{"quality": 85, **options})
        return buffer.getvalue()

    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned
    cmyk = photo.convert("CMYK")
    cases = {
        "444": jpeg(photo, subsampling="4:4:4"),
        "422": jpeg(photo, subsampling="4:2:2"),
        "420": jpeg(photo, subsampling="4:2:0"),
        "440": turned_sampling(jpeg(photo, subsampling="4:2:2")),
        "411": jpeg(photo, subsampling="4:1:1"),
        "420-quality-10": jpeg(photo, quality=10),
        "420-progressive": jpeg(photo, progressive=True),
        "420-restarts": jpeg(photo, restart_marker_blocks=2),
        "420-exif-turned": jpeg(photo, exif=exif),
        "rgb": jpeg(photo, keep_rgb=True),
        "grey": jpeg(photo.convert("L")),
        "cmyk": jpeg(cmyk),
        "ycck": as_ycck(jpeg(cmyk)),
    }
    return {f"{name}.jpg": data for name, data in cases.items() if data}


def as_ycck(data):
    """The Adobe segment's last byte is the colour transform: 2 says that the four channels are YCCK."""
    at = data.index(b"Adobe") + 11
    return data[:at] + b"\x02" + data[at + 1 :]


def turned_sampling(data):
    """4:2:2 relabelled 4:4:0 (1×2 instead of 2×1): as many blocks where the picture's sides allow it."""
    at = data.index(b"\xff\xc0") + 11
    assert data[at] == 0x21
    return data[:at] + b"\x12" + data[at + 1 :]


def small_cases():
    """Pictures from free photographs: odd sides, so that blocks and chroma end in mid-picture."""
    source = Image.open(ROOT / "data/photos/skimage_chelsea.jpg").convert("RGB")
    photo = source.resize((64, 64), Image.LANCZOS)
    odd = source.resize((51, 37), Image.LANCZOS)
    cases = {**png_cases(odd), **{f"odd-{name}": data for name, data in jpeg_cases(odd).items() if name != "440.jpg"}}
    return {**cases, **jpeg_cases(photo)}


def crop_cases():
    """Name → (picture, preparations): smaller, equal, larger than the crop, one side or both."""
    source = Image.open(ROOT / "data/photos/skimage_chelsea.jpg").convert("RGB")
    for name, size in {
        "size-1x1": (1, 1),
        "size-177x200": (177, 200),
        "size-267x101": (267, 101),
        "size-60x45": (60, 45),
        "size-178x218": (178, 218),
        "size-200x267": (200, 267),
        "size-451x300": (451, 300),
    }.items():
        small = source.resize(size, Image.LANCZOS).quantize(64)  # few colours: small files
        yield f"{name}.png", small


def write_cases():
    for old in OUT.glob("*.*"):
        if old.name != "shared.tsv":
            old.unlink()
    OUT.mkdir(parents=True, exist_ok=True)
    for name, data in small_cases().items():
        (OUT / name).write_bytes(data)
        Image.open(OUT / name).convert("RGB").save(OUT / f"{name}.rgb.png", optimize=True)
    for name, picture in crop_cases():
        picture.save(OUT / name, optimize=True)
        for how in PREPARED:
            Image.fromarray(signal_bytes(OUT / name, how)).save(OUT / f"{name}.{how}.png", optimize=True)
    versions = {"Pillow": PIL.__version__, "libjpeg-turbo": PIL.features.version("libjpeg_turbo")}
    versions |= {"torchvision": torchvision.__version__, "torch": torch.__version__}
    (OUT / "versions.txt").write_text("".join(f"{name} {version}\n" for name, version in versions.items()))


def write_shared(data):
    pictures = [
        (file, how)
        for pattern, how in [
            ("celeba/img_align_celeba/*.jpg", "celeba"),
            ("imagenette2/*/*/*.JPEG", "imagenette"),
            ("imagenet_fullsize_10classes/*.JPEG", "imagenette"),
            ("free_photos/jpg/*", "imagenette"),
        ]
        for file in sorted(data.glob(pattern))
    ]
    lines = ["preparation\tfile\tsha256"]
    for file, how in pictures:
        digest = hashlib.sha256(signal_bytes(file, how).tobytes()).hexdigest()[:16]
        lines.append(f"{how}\t{file.relative_to(data).as_posix()}\t{digest}")
    (OUT / "shared.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    import PIL.features

    torch.set_num_threads(1)
    write_cases()
    if len(sys.argv) > 1:
        write_shared(pathlib.Path(sys.argv[1]) / "data")
    print(f"{len(list(OUT.iterdir()))} files in {OUT.relative_to(ROOT)}")
