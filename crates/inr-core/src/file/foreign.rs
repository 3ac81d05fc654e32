//! What a file is that is not safetensors, by its first and last bytes, and what makes safetensors of it.
//!
//! A safetensors file begins with the length of its header (8 bytes, little-endian, at most 100 MB) and a brace. The
//! other formats are known by the magic numbers that their own specifications give.

use std::path::Path;

use crate::error::FileError;

/// The longest header that the format allows, bytes.
const LONGEST_HEADER: u64 = 100_000_000;

/// What is to be done with a file of another format.
#[derive(Clone, Copy)]
enum Advice {
    /// A line of Python that saves its tensors.
    Python(&'static str),
    /// Something else.
    Do(&'static str),
}

const TORCH: Advice = Advice::Python(
    "import torch, safetensors.torch as s; \
     s.save_file({k: v.clone().contiguous() for k, v in torch.load('IN', map_location='cpu').items()}",
);
const TORCHSCRIPT: Advice = Advice::Python(
    "import torch, safetensors.torch as s; s.save_file({k: v.clone().contiguous() \
     for k, v in torch.jit.load('IN', map_location='cpu').state_dict().items()}",
);
const NPZ: Advice =
    Advice::Python("import numpy, safetensors.numpy as s; s.save_file(dict(numpy.load('IN'))");
const ONNX: Advice = Advice::Python(
    "import onnx, onnx.numpy_helper as h, safetensors.numpy as s; \
     s.save_file({t.name: h.to_array(t) for t in onnx.load('IN').graph.initializer}",
);
const HDF5: Advice = Advice::Python(
    "import h5py, safetensors.numpy as s; d = {}; h5py.File('IN').visititems(lambda n, v: \
     d.update({n.replace('/', '.'): v[()]}) if isinstance(v, h5py.Dataset) else None); s.save_file(d",
);
const PICKLE: Advice = Advice::Python(
    "import pickle, numpy, safetensors.numpy as s; \
     s.save_file({k: numpy.array(v) for k, v in pickle.load(open('IN', 'rb')).items()}",
);
const UNPACK: Advice = Advice::Do("unpack it and name the file in it");
const OTHER_FILE: Advice = Advice::Do("name the file of the network");
const SAVE_DICT: Advice = Advice::Do("save the network's arrays by name with safetensors.numpy.save_file");

/// A magic number: where it stands, its bytes, what it says.
type Magic = (usize, &'static [u8], &'static str, Advice);

const MAGIC: &[Magic] = &[
    (
        0,
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
        "a PyTorch checkpoint (pickles, as before PyTorch 1.6)",
        TORCH,
    ),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras .h5)", HDF5),
    (0, b"\x93NUMPY", "a NumPy array (.npy)", SAVE_DICT),
    (0, b"GGUF", "a GGUF file", SAVE_DICT),
    (4, b"TFL3", "a TensorFlow Lite model", SAVE_DICT),
    (0, b"MATLAB 5.0", "a MATLAB file", SAVE_DICT),
    (0, b"\x1f\x8b", "a gzip file", UNPACK),
    (0, b"BZh", "a bzip2 file", UNPACK),
    (0, b"\xfd7zXZ\0", "an xz file", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture", OTHER_FILE),
    (0, b"\xff\xd8\xff", "a JPEG picture", OTHER_FILE),
    (0, b"%PDF", "a PDF document", OTHER_FILE),
];

/// Whether a file's first bytes are those of a safetensors file, whole or damaged.
pub fn begins_like_safetensors(start: &[u8]) -> bool {
    let (Some(length), Some(first)) = (start.first_chunk::<8>(), start.get(8)) else { return false };
    u64::from_le_bytes(*length) <= LONGEST_HEADER && (*first == b'{' || first.is_ascii_whitespace())
}

/// Why a file that does not begin like safetensors is refused: what it is, or that it is damaged.
pub fn refusal(path: &Path, start: &[u8], end: &[u8]) -> FileError {
    let known = of_magic(start).or_else(|| of_archive(start, end)).or_else(|| of_text(start));
    match known.or_else(|| of_protobuf(start)).or_else(|| of_pickle(start, end)) {
        Some((what, advice)) => {
            FileError::Foreign { path: path.into(), what, advice: in_words(advice, path) }
        }
        None => FileError::Format { path: path.into(), reason: damage(start) },
    }
}

fn in_words(advice: Advice, path: &Path) -> String {
    let code = match advice {
        Advice::Do(what) => return what.into(),
        Advice::Python(code) => code,
    };
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (from, to) = (name(path), name(&path.with_extension("safetensors")));
    let code = code.replace("IN", &from);
    format!(
        "make one: python -c \"{code}, '{to}', metadata={{'w0': 'W0'}})\", W0 the frequency it was trained with (200 in \
         the paper), its tensors named layers.0.linear.weight, layers.0.linear.bias and so on"
    )
}

fn of_magic(start: &[u8]) -> Option<(String, Advice)> {
    let fits = |(at, bytes, ..): &&Magic| start.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
    MAGIC.iter().find(fits).map(|&(_, _, what, advice)| (what.into(), advice))
}

/// A zip archive, by the names of its members: they stand before each and in the directory at the end.
fn of_archive(start: &[u8], end: &[u8]) -> Option<(String, Advice)> {
    if !start.starts_with(b"PK\x03\x04") && !start.starts_with(b"PK\x05\x06") {
        return None;
    }
    let has = |name: &[u8]| [start, end].iter().any(|bytes| contains(bytes, name));
    let (what, advice) = match () {
        () if has(b"constants.pkl") => ("a TorchScript model (zip)", TORCHSCRIPT),
        () if has(b"data.pkl") => ("a PyTorch checkpoint (zip of a pickle and its storages)", TORCH),
        () if has(b".npy") => ("NumPy arrays (.npz)", NPZ),
        () if has(b"model.weights.h5") => ("a Keras model (zip of .h5)", UNPACK),
        () => ("a zip archive", UNPACK),
    };
    Some((what.into(), advice))
}

/// Text, by how it begins; the header of a safetensors file that lost its length is none.
fn of_text(start: &[u8]) -> Option<(String, Advice)> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = text.get(..text.len().min(512))?.trim_ascii_start();
    let printable = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..);
    let is_utf8 = std::str::from_utf8(text).map_or_else(|cut| cut.error_len().is_none(), |_| true);
    let is_header = contains(start, b"\"data_offsets\"");
    if text.is_empty() || !text.iter().all(printable) || !is_utf8 || is_header {
        return None;
    }
    let begins = |with: &str| text.get(..with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with.as_bytes()));
    Some(match text[0] {
        _ if begins("version https://git-lfs") => (
            "a Git LFS pointer, which stands for the file itself".into(),
            Advice::Do("fetch it: git lfs pull"),
        ),
        b'<' => (
            "a web page or XML, perhaps a download's error page".into(),
            Advice::Do("download the file anew"),
        ),
        b'{' | b'[' if contains(start, b"\"weight_map\"") => (
            "the index of a checkpoint in several files (JSON)".into(),
            Advice::Do("merge the files it names"),
        ),
        b'{' | b'[' => ("JSON text".into(), OTHER_FILE),
        _ => {
            let line = String::from_utf8_lossy(text).lines().next().unwrap_or_default().to_string();
            (format!("a text that begins {:?}", line.chars().take(40).collect::<String>()), OTHER_FILE)
        }
    })
}

/// ONNX has no magic number: a protobuf of ir_version (field 1, a small number), then the producer's name (2), the
/// graph (7) or the operator sets (8).
fn of_protobuf(start: &[u8]) -> Option<(String, Advice)> {
    matches!(start, [0x08, 1..=32, 0x12 | 0x3a | 0x42, ..]).then(|| ("an ONNX model".into(), ONNX))
}

/// A pickle: its protocol's number at the beginning (2 to 5), a full stop at the end.
fn of_pickle(start: &[u8], end: &[u8]) -> Option<(String, Advice)> {
    let is_pickle = matches!(start, [0x80, 2..=5, ..]) && end.ends_with(b".");
    is_pickle.then(|| ("a Python pickle".into(), PICKLE))
}

fn damage(start: &[u8]) -> String {
    match start.first_chunk::<8>() {
        None if start.is_empty() => "it is empty".into(),
        None => format!("it has {} bytes", start.len()),
        Some(zeros) if *zeros == [0; 8] => {
            "it begins with zeros, as a download does that was not finished".into()
        }
        Some(length) => {
            format!("a header of {} bytes, which does not begin with a brace", u64::from_le_bytes(*length))
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
