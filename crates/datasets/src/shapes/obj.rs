//! Wavefront OBJ: the corners of its faces. Of its statements only vertices (`v`) and faces (`f`, formerly `fo`) matter
//! here; comments, names, materials, normals and texture coordinates are passed over, whatever bytes they are of.
//! Points, lines and curves have no surface: they are left out, and counted. A file that draws more surface than its
//! faces, with free-form patches or by another file or program (`call`, `csh`), is refused: its faces are not its shape.
//!
//! A `\` at the end of a vertex or face continues it on the next line, as a blank (as Blender reads it). Comments and
//! names are not continued: one that ends in `\` (a folder of Windows) would take the vertex below it away.

use crate::error::DataError;
use parry3d_f64::math::Vector;
use std::path::Path;

/// The byte order mark, which `cat` also puts at the beginning of later lines.
const MARK: char = '\u{feff}';
/// Stands for bytes that are not UTF-8.
const NOT_UTF8: char = '\u{fffd}';

/// Points, lines and curves: elements without a surface.
const WITHOUT_SURFACE: [&str; 6] = ["p", "l", "curv", "curv2", "cdc", "cdp"];
/// Elements of a surface that is not read, and statements that would bring in what stands elsewhere.
const NOT_READ: [(&str, &str); 5] = [
    ("surf", "a free-form surface"),
    ("bzp", "a Bézier patch"),
    ("bsp", "a B-spline patch"),
    ("call", "the contents of another file"),
    ("csh", "the output of a program"),
];

/// What is drawn in a file.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// In the order of the file.
    pub faces: Vec<Face>,
    /// Points, lines and curves.
    pub without_surface: usize,
}

/// A face as it stands in its file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Face {
    /// Its line, counted from 1.
    pub line: usize,
    /// At least none.
    pub corners: Vec<Vector>,
}

/// A face as indices into the vertices of the file, counted from 0.
type Indexed = (usize, Vec<i64>);

/// The faces of a file.
///
/// # Errors
/// A file that cannot be read or is no text, numbers that cannot be read, indices without a vertex, surfaces that are no
/// faces.
pub(super) fn read_faces(file: &Path, remedy: &str) -> Result<Drawn, DataError> {
    let bytes = std::fs::read(file).map_err(|why| DataError::unreadable(file, why, remedy))?;
    let wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    if wide || bytes.contains(&0) {
        let problem = "it is no OBJ that can be read (it is UTF-16 or binary: an OBJ is ASCII or UTF-8)";
        return Err(DataError::content(file, problem, remedy));
    }
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\r', "\n");
    drawn(&text).map_err(|problem| DataError::content(file, problem, remedy))
}

fn drawn(text: &str) -> Result<Drawn, String> {
    let (mut vertices, mut indexed, mut without_surface) = (Vec::new(), Vec::new(), 0);
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_start_matches(MARK);
        let keyword = line.split([' ', '\t', '\\']).find(|word| !word.is_empty()).unwrap_or_default();
        if !matches!(keyword, "v" | "f" | "fo") {
            pass_over(keyword, number + 1, line)?;
            without_surface += usize::from(WITHOUT_SURFACE.contains(&keyword));
            continue;
        }
        let mut statement = line.to_string();
        while let Some(begun) = statement.trim_end_matches('\r').strip_suffix('\\') {
            statement = format!("{begun} {}", lines.next().map_or("", |(_, next)| next));
        }
        let statement = statement.split('#').next().unwrap_or_default();
        let mut words = statement.split_whitespace().skip(1);
        match keyword {
            "v" => vertices.push(
                vertex(&mut words).ok_or_else(|| broken("position parse error", number + 1, statement))?,
            ),
            _ => indexed.push(
                face(words, vertices.len())
                    .map(|indices| (number + 1, indices))
                    .ok_or_else(|| broken("face parse error", number + 1, statement))?,
            ),
        }
    }
    let faces =
        indexed.into_iter().map(|face| with_corners(face, &vertices)).collect::<Result<_, String>>()?;
    Ok(Drawn { faces, without_surface })
}

/// Refuses a statement that is neither a vertex nor a face and may not be passed over.
fn pass_over(keyword: &str, line: usize, text: &str) -> Result<(), String> {
    if keyword.contains(NOT_UTF8) && !keyword.starts_with('#') {
        return Err(broken("read error", line, text));
    }
    match NOT_READ.iter().find(|(statement, _)| *statement == keyword) {
        None => Ok(()),
        Some((_, what)) => Err(format!(
            "`{keyword}` in line {line} draws {what}, and only faces of corners are read: its surface would be incomplete"
        )),
    }
}

fn broken(what: &str, line: usize, text: &str) -> String {
    let text: String = text.trim().chars().take(60).collect();
    format!("it is no OBJ that can be read ({what}) in line {line}: `{text}`")
}

/// x, y, z; what follows (a weight, a colour) has no part in a shape.
fn vertex<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Vector> {
    let mut number = || words.next()?.parse::<f64>().ok();
    Some(Vector::new(number()?, number()?, number()?))
}

/// Indices of vertices from `5`, `5/1`, `5//1` or `5/1/1`; those below 0 count back from the last vertex so far.
fn face<'a>(words: impl Iterator<Item = &'a str>, so_far: usize) -> Option<Vec<i64>> {
    let index = |word: &'a str| match word.split('/').next()?.parse::<i64>().ok()? {
        0 => None,
        back @ ..0 => Some(so_far as i64 + back).filter(|index| *index >= 0),
        index => Some(index - 1),
    };
    words.map(index).collect()
}

fn with_corners((line, indices): Indexed, vertices: &[Vector]) -> Result<Face, String> {
    let corner = |&index: &i64| {
        usize::try_from(index).ok().and_then(|index| vertices.get(index)).copied().ok_or_else(|| {
            let (named, all) = (index + 1, vertices.len());
            format!("its face in line {line} names vertex {named}, which is out of bounds: it has {all}")
        })
    };
    Ok(Face { line, corners: indices.iter().map(corner).collect::<Result<_, String>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIANGLE: &str = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";

    fn corners(text: &str) -> Vec<Vec<Vector>> {
        drawn(text).expect("an OBJ").faces.into_iter().map(|face| face.corners).collect()
    }

    #[test]
    fn spellings_of_one_triangle() {
        let same = [
            "\u{feff}v 0 0 0\nv 1 0 0\n\u{feff}v 0 1 0\nf 1 2 3\n",
            "v 0 0 0 # origin\nv 1 0 0 1.0\nv 0 1 0 .5 .5 .5\nf 1/1 2//3 3/4/5 # all\n",
            "v 0 \\\n0 0\nv 1 0 0\nv 0 1 0\nf\\\n 1 2\\\n3",
            "# drawn in C:\\shapes\\\nv 0 0 0\nv 1 0 0\nusemtl D:\\\nv 0 1 0\nf -3 -2 -1\\",
            "f 1 2 3\nv 0 0 0\nv 1 0 0\nv 0 1 0\n",
            "  v\t0 0 0\nv 1 0 0\nv 0 1 0\n\nfo 1 2 3\n",
        ];
        for text in same {
            assert_eq!(corners(text), corners(TRIANGLE), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let cases = [
            ("v 0,5 1 2\n", "(position parse error) in line 1: `v 0,5 1 2`"),
            (
                "v 0 0 0\nv 1 0 0\nv 0 1 0\n\nf 1 2 4\n",
                "line 5 names vertex 4, which is out of bounds: it has 3",
            ),
            ("v 0 0 0\nf -1 -1 -2\n", "(face parse error) in line 2"),
            ("v 0 0 0\nf 0 1 1\n", "(face parse error) in line 2"),
            ("v 0 0 0\nf 1 1.5 1\n", "(face parse error) in line 2"),
            ("v 0 0 0\nf 1 99999999999999999999 1\n", "(face parse error) in line 2"),
            ("v 0 \\\n 0\n", "(position parse error) in line 1"),
            ("v 0 0 0\nf 1 1 1\ncall part.obj 1 2\n", "`call` in line 3 draws the contents of another file"),
            ("csh -mkobj 3\n", "`csh` in line 1 draws the output of a program"),
            (
                "cstype bezier\ndeg 3 3\n  surf 0 1 0 1 1 2 3 4\n",
                "`surf` in line 3 draws a free-form surface",
            ),
            ("bzp 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", "`bzp` in line 1"),
            ("\tbsp 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", "`bsp` in line 1"),
        ];
        for (text, reason) in cases {
            let problem = drawn(text).expect_err("not one");
            assert!(problem.contains(reason), "{problem}");
        }
    }

    #[test]
    fn elements_without_a_surface_are_counted() {
        let curve = "cstype bspline\ndeg 3\ncurv 0 1 1 2 3\nparm u 0 0 0 0 1 1 1 1\nend\n";
        let drawn = drawn(&format!("{TRIANGLE}p 1 2\nl 1 2 3\n{curve}g lines\nusemtl l\n")).expect("an OBJ");
        assert_eq!((drawn.faces.len(), drawn.without_surface), (1, 3));
    }

    #[test]
    fn any_bytes_in_comments_and_names_but_no_utf16() {
        let folder = tempfile::tempdir().expect("a folder");
        let read = |bytes: &[u8]| {
            let file = folder.path().join("a.obj");
            std::fs::write(&file, bytes).expect("written");
            read_faces(&file, "Mend it").map(|drawn| drawn.faces.len()).map_err(|why| why.to_string())
        };
        let latin1 = [b"#\xa9 Fran\xe7ois\ng caf\xe9\n".as_slice(), TRIANGLE.as_bytes()].concat();
        assert_eq!(read(&latin1), Ok(1));
        assert_eq!(read(TRIANGLE.replace('\n', "\r\n").replace("f 1 2", "f 1 \\\r\n2").as_bytes()), Ok(1));
        assert_eq!(read(TRIANGLE.replace('\n', "\r").as_bytes()), Ok(1));
        let units = |mark: &str| format!("{mark}{TRIANGLE}").encode_utf16().collect::<Vec<u16>>();
        let little = |mark: &str| units(mark).iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>();
        let big: Vec<u8> = units("\u{feff}").iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [little("\u{feff}"), little(""), big] {
            assert!(read(&bytes).is_err_and(|why| why.contains("a.obj") && why.contains("UTF-16")));
        }
    }
}
