//! Marks on the canvas: lines, dashes, markers, whiskers, words.
//!
//! plotters places at whole numbers, so the canvas is [`SUB`] times finer than the figure. A [`Point`] is in canvas
//! units; text, line widths and dashes are given in figure pixels.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::words::methods::{Marker, MethodStyle, method_rank};

/// Canvas units a figure pixel.
pub(super) const SUB: i32 = 8;
/// Colour of words.
pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
/// Colour of lesser words.
pub(super) const GREY: RGBColor = RGBColor(105, 105, 105);
/// A canvas.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// (x, y), canvas units.
pub(super) type Point = (i32, i32);

/// A line in a method's colour and dash.
pub(super) fn draw_polyline(root: &Area, path: Vec<Point>, look: MethodStyle) -> Result<()> {
    let line = colour(look).stroke_width((2 * SUB) as u32);
    match look.dash {
        None => root.draw(&PathElement::new(path, line)).map_err(drawing),
        Some(dash) => draw_dashes(root, path, dash, line),
    }
}

/// A dashed line; (dash, gap) in pixels.
pub(super) fn draw_dashes(root: &Area, path: Vec<Point>, dash: (i32, i32), line: ShapeStyle) -> Result<()> {
    let dashes = DashedLineSeries::new(path, dash.0 * SUB, dash.1 * SUB, line);
    dashes.into_iter().try_for_each(|element| root.draw(&element).map_err(drawing))
}

/// A horizontal bar with caps.
pub(super) fn draw_whisker(root: &Area, from: Point, to: Point, look: MethodStyle) -> Result<()> {
    let line = colour(look).stroke_width((2 * SUB) as u32);
    let cap = |x: i32| vec![(x, from.1 - 5 * SUB), (x, from.1 + 5 * SUB)];
    for path in [vec![from, to], cap(from.0), cap(to.0)] {
        root.draw(&PathElement::new(path, line)).map_err(drawing)?;
    }
    Ok(())
}

/// A diamond of half diagonal `r` (canvas units), white inside.
pub(super) fn draw_hollow_diamond(root: &Area, (x, y): Point, r: i32, look: MethodStyle) -> Result<()> {
    let outline = vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y), (x, y - r), (x + r, y)];
    let line = colour(look).stroke_width((3 * SUB / 2) as u32);
    root.draw(&Polygon::new(outline[..4].to_vec(), WHITE.filled())).map_err(drawing)?;
    root.draw(&PathElement::new(outline, line)).map_err(drawing)
}

/// A method's marker of radius `r` (canvas units), on a thin white rim that parts it from what lies below.
pub(super) fn draw_marker(root: &Area, at: Point, r: i32, look: MethodStyle) -> Result<()> {
    let ink = colour(look);
    match form(look.marker, at, r) {
        Form::Circle => {
            root.draw(&Circle::new(at, r + SUB, WHITE.filled())).map_err(drawing)?;
            root.draw(&Circle::new(at, r, ink.filled())).map_err(drawing)
        }
        Form::Strokes(strokes) => draw_strokes(root, strokes, ink.stroke_width((2 * SUB) as u32)),
        Form::Outline(outline) => {
            let rim: Vec<Point> = outline.iter().chain(&outline[..2]).copied().collect();
            root.draw(&PathElement::new(rim, WHITE.stroke_width((2 * SUB) as u32))).map_err(drawing)?;
            root.draw(&Polygon::new(outline, ink.filled())).map_err(drawing)
        }
    }
}

/// The same marker white inside, in thin lines: the paper's.
pub(super) fn draw_hollow_marker(root: &Area, at: Point, r: i32, look: MethodStyle) -> Result<()> {
    let line = colour(look).stroke_width(SUB as u32);
    match form(look.marker, at, r) {
        Form::Circle => {
            root.draw(&Circle::new(at, r, WHITE.filled())).map_err(drawing)?;
            root.draw(&Circle::new(at, r, line)).map_err(drawing)
        }
        Form::Strokes(strokes) => draw_strokes(root, strokes, line),
        Form::Outline(outline) => {
            let closed: Vec<Point> = outline.iter().chain(&outline[..2]).copied().collect();
            root.draw(&Polygon::new(outline, WHITE.filled())).map_err(drawing)?;
            root.draw(&PathElement::new(closed, line)).map_err(drawing)
        }
    }
}

/// Four places along a line, evenly apart on the x axis as it is drawn, at other places for other methods: the ranks
/// times the golden ratio, of which no two parts that follow each other are near.
pub(super) fn few_marks(path: &[Point], method: &str) -> Vec<Point> {
    let (Some(first), Some(last)) = (path.first(), path.last()) else { return Vec::new() };
    let shift = (0.618 * method_rank(method) as f64).fract();
    let x =
        |i: i32| f64::from(first.0) + (f64::from(i) + 0.9 * shift + 0.08) / 4.0 * f64::from(last.0 - first.0);
    (0..4).filter_map(|i| path.iter().find(|point| f64::from(point.0) >= x(i)).copied()).collect()
}

/// How a marker is drawn.
enum Form {
    Circle,
    Strokes([[Point; 2]; 2]),
    Outline(Vec<Point>),
}

fn form(marker: Marker, (x, y): Point, r: i32) -> Form {
    let (d, h) = (r * 5 / 4, r * 7 / 8);
    Form::Outline(match marker {
        Marker::Circle => return Form::Circle,
        Marker::Cross => {
            return Form::Strokes([[(x - h, y - h), (x + h, y + h)], [(x - h, y + h), (x + h, y - h)]]);
        }
        Marker::Plus => return Form::Strokes([[(x - d, y), (x + d, y)], [(x, y - d), (x, y + d)]]),
        Marker::Square => vec![(x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h)],
        Marker::Up => vec![(x, y - d), (x + d, y + h), (x - d, y + h)],
        Marker::Down => vec![(x, y + d), (x + d, y - h), (x - d, y - h)],
        Marker::Diamond => vec![(x, y - d), (x + d, y), (x, y + d), (x - d, y)],
    })
}

fn draw_strokes(root: &Area, strokes: [[Point; 2]; 2], line: ShapeStyle) -> Result<()> {
    let mut paths = strokes.into_iter().map(|ends| PathElement::new(ends.to_vec(), line));
    paths.try_for_each(|path| root.draw(&path).map_err(drawing))
}

/// The colour of a method.
pub(super) fn colour(look: MethodStyle) -> RGBColor {
    RGBColor(look.rgb.0, look.rgb.1, look.rgb.2)
}

/// Text of `size` pixels; plotters divides sizes by 1.24 on the way to SVG.
pub(super) fn text(size: i32, ink: RGBColor, side: HPos, height: VPos) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name("Inter"), f64::from(size * SUB) * 1.24, FontStyle::Normal);
    font.color(&ink).pos(Pos::new(side, height))
}

/// Semi-bold text of `size` pixels, placed by its top.
pub(super) fn bold(size: i32, ink: RGBColor, side: HPos) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name("Inter"), f64::from(size * SUB) * 1.24, FontStyle::Bold);
    font.color(&ink).pos(Pos::new(side, VPos::Top))
}

/// Words at a place in figure pixels.
pub(super) fn draw_text(root: &Area, words: &str, (x, y): Point, style: &TextStyle) -> Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    root.draw_text(words, style, sub(x, y)).map_err(drawing)
}

/// Width in pixels. The font's height is 1.21 of its size, which undoes the 1.24 of [`text`] to a hair.
pub(super) fn text_width(words: &str, style: &TextStyle) -> Result<i32> {
    let size = style.font.box_size(words);
    let (width, _) = size.map_err(|error| anyhow!("cannot measure text: {error}"))?;
    Ok(width.div_ceil(SUB as u32) as i32)
}

/// Figure pixels to canvas units.
pub(super) fn sub(x: i32, y: i32) -> Point {
    (x * SUB, y * SUB)
}

/// plotters' errors, in words.
pub(super) fn drawing<E: std::error::Error + Send + Sync>(error: DrawingAreaErrorKind<E>) -> anyhow::Error {
    anyhow!("cannot draw a figure: {error}")
}
