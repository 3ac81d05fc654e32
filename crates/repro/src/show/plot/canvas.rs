//! The canvas of a figure: panels under a legend, axes, and the files.
//!
//! One path yields both forms: plotters writes the SVG, and resvg rasterises that same document to PNG. The only
//! font is Inter, shipped in `assets/`, so that a machine without fonts draws the same picture. The SVG's viewBox
//! keeps plotters' fine canvas, its width and height are the figure's. Lengths are in figure pixels unless said.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::shapes::{
    Area, GREY, INK, Point, SUB, bold, draw_dashes, draw_hollow_diamond, draw_hollow_marker, draw_marker,
    draw_polyline, draw_text, draw_whisker, drawing, sub, text, text_width,
};
use crate::disk::write_file;
use crate::words::methods::{METHODS, MethodStyle, method_style};

/// Inter, regular: the font of the figures and of the report.
pub const FONT_REGULAR: &[u8] = include_bytes!("../../../assets/Inter-Regular.otf");
/// Inter, semi-bold.
pub const FONT_BOLD: &[u8] = include_bytes!("../../../assets/Inter-SemiBold.otf");
const PNG_SCALE: f32 = 2.0; // PNG pixels a figure pixel
pub(super) const GRID: RGBColor = RGBColor(228, 228, 228);
const MARGIN: i32 = 20;
const LEGEND_LINE: i32 = 24;
const GUTTER: i32 = 30; // between panels
/// A panel's axes.
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A figure: an SVG document and its size in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The SVG document, text as text.
    pub svg: String,
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
}

impl Figure {
    /// Writes `<stem>.svg` and `<stem>.png` (two PNG pixels a figure pixel), each under a temporary name first.
    ///
    /// # Errors
    /// If the SVG cannot be rasterised or a file cannot be written.
    pub fn save(&self, stem: &Path) -> Result<()> {
        write_file(&stem.with_extension("svg"), self.svg.as_bytes())?;
        write_file(&stem.with_extension("png"), &self.png()?)
    }

    /// The figure as PNG, two pixels a figure pixel.
    ///
    /// # Errors
    /// If the SVG cannot be read back.
    pub fn png(&self) -> Result<Vec<u8>> {
        let mut options = resvg::usvg::Options { font_family: "Inter".into(), ..Default::default() };
        let fonts = options.fontdb_mut();
        fonts.load_font_data(FONT_REGULAR.to_vec());
        fonts.load_font_data(FONT_BOLD.to_vec());
        let tree = resvg::usvg::Tree::from_str(&self.svg, &options).context("SVG of a figure")?;
        let (width, height) = (self.width as f32 * PNG_SCALE, self.height as f32 * PNG_SCALE);
        let mut pixels = resvg::tiny_skia::Pixmap::new(width as u32, height as u32)
            .ok_or_else(|| anyhow!("a figure of {width}×{height} pixels cannot be drawn"))?;
        let scale = resvg::tiny_skia::Transform::from_scale(PNG_SCALE, PNG_SCALE);
        resvg::render(&tree, scale, &mut pixels.as_mut());
        pixels.encode_png().context("PNG of a figure")
    }
}

/// A legend above panels of equal size, at most four abreast.
pub(super) struct Layout<'a> {
    panels: usize,
    abreast: usize,
    pub(super) panel_width: i32,
    panel_height: i32,
    width: i32,
    legend: Legend<'a>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(
        panels: usize,
        panel_height: i32,
        signs: impl IntoIterator<Item = (Sign<'a>, String)>,
    ) -> Result<Layout<'a>> {
        register_fonts()?;
        let abreast = match panels {
            0..=3 => panels.max(1),
            4 => 2,
            _ if panels.is_multiple_of(4) => 4,
            _ => 3,
        };
        let width = [680, 920, 1020, 1240][abreast - 1];
        let panel_width = (width - 2 * MARGIN - GUTTER * (abreast as i32 - 1)) / abreast as i32;
        let legend = Legend::new(signs, width - 2 * MARGIN)?;
        Ok(Layout { panels, abreast, panel_width, panel_height, width, legend })
    }

    /// Upper edge of the first line of panels.
    fn top(&self) -> i32 {
        MARGIN + 16 + LEGEND_LINE * self.legend.lines
    }

    /// Upper left corner of a panel.
    pub(super) fn panel(&self, i: usize) -> Point {
        let (column, line) = ((i % self.abreast) as i32, (i / self.abreast) as i32);
        let left = MARGIN + column * (self.panel_width + GUTTER);
        (left, self.top() + line * (self.panel_height + GUTTER))
    }

    fn height(&self) -> i32 {
        let lines = self.panels.div_ceil(self.abreast).max(1) as i32;
        self.top() + lines * (self.panel_height + GUTTER) - GUTTER + MARGIN / 2
    }

    /// Draws on a white canvas and turns the result into a document of this layout's size.
    pub(super) fn draw(&self, title: &str, paint: impl FnOnce(&Area) -> Result<()>) -> Result<Figure> {
        let (width, height) = (self.width as u32, self.height() as u32);
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, sub_size(width, height)).into_drawing_area();
            root.fill(&WHITE).map_err(drawing)?;
            self.legend.draw(&root)?;
            paint(&root)?;
            root.present().map_err(drawing)?;
        }
        Ok(Figure { svg: scale_back(&svg, width, height, title), width, height })
    }

    /// Axes of panel `i`: x from the first step, y in dB.
    pub(super) fn chart<'r, 'b>(
        &self,
        root: &'r Area<'b>,
        i: usize,
        dataset: &str,
        x: std::ops::Range<f64>,
        y: std::ops::Range<f64>,
        x_label: &str,
    ) -> Result<Chart<'r, 'b>> {
        let (left, top) = self.panel(i);
        panel_title(root, (left, top), self.panel_width, dataset, None)?;
        draw_text(root, "PSNR (dB)", (left, top + 24), &text(12, GREY, HPos::Left, VPos::Top))?;
        let area = root.clone().shrink(sub(left, top + 44), sub(self.panel_width, self.panel_height - 44));
        let mut builder = ChartBuilder::on(&area);
        builder
            .x_label_area_size(42 * SUB)
            .y_label_area_size(34 * SUB)
            .margin_right(8 * SUB)
            .margin_top(4 * SUB);
        let mut chart = builder.build_cartesian_2d(x, y).map_err(drawing)?;
        mesh(&mut chart, x_label, true)?;
        Ok(chart)
    }
}

/// The viewBox keeps the fine canvas; width and height become the figure's.
fn scale_back(svg: &str, width: u32, height: u32, title: &str) -> String {
    let (fine_width, fine_height) = sub_size(width, height);
    let fine = format!("<svg width=\"{fine_width}\" height=\"{fine_height}\"");
    let own = format!(
        "<svg width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\" stroke-linejoin=\"round\""
    );
    svg.replacen(&fine, &own, 1)
        .replace("font-family=\"Inter\"", "font-family=\"Inter, Helvetica, Arial, sans-serif\"")
        .replace("font-weight=\"bold\"", "font-weight=\"600\"")
        .replace("dy=\"0.5ex\"", "dy=\"0.36em\"")
}

fn register_fonts() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let done = DONE.get_or_init(|| {
        let regular = plotters::style::register_font("Inter", FontStyle::Normal, FONT_REGULAR);
        let bold = plotters::style::register_font("Inter", FontStyle::Bold, FONT_BOLD);
        regular.is_ok() && bold.is_ok()
    });
    done.then_some(()).ok_or_else(|| anyhow!("the font in assets/ cannot be read"))
}

/// Light grid, axes and their labels.
pub(super) fn mesh(chart: &mut Chart, x_label: &str, with_y: bool) -> Result<()> {
    let labels = text(12, GREY, HPos::Center, VPos::Top);
    let clear = RGBAColor(0, 0, 0, 0.0);
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(clear)
        .bold_line_style(GRID.stroke_width(SUB as u32))
        .axis_style(RGBColor(170, 170, 170).stroke_width(SUB as u32))
        .label_style(labels.clone())
        .axis_desc_style(labels)
        .set_all_tick_mark_size(5 * SUB)
        .x_desc(x_label)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|x| tick(*x))
        .y_label_formatter(&|y| tick(*y));
    if !with_y {
        mesh.disable_y_mesh().disable_y_axis();
    }
    mesh.draw().map_err(drawing)
}

/// `0`, `2.5`, `150k`.
fn tick(value: f64) -> String {
    if value.abs() >= 10_000.0 {
        return format!("{}k", tick(value / 1000.0));
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.replace('-', "−") }
}

/// The data set above a panel, and a note at its right.
pub(super) fn panel_title(
    root: &Area,
    (left, top): Point,
    width: i32,
    title: &str,
    right: Option<&str>,
) -> Result<()> {
    draw_text(root, title, (left, top), &bold(15, INK, HPos::Left))?;
    let right = right.unwrap_or_default();
    draw_text(root, right, (left + width, top + 1), &text(12, GREY, HPos::Right, VPos::Top))
}

/// An entry of a legend: the sign before the words.
pub(super) enum Sign<'a> {
    Method(&'a str),
    Ours,
    Paper,
    PaperLine,
    Pruning,
    Note,
}

impl Sign<'_> {
    /// Width of the sign with the gap after it, pixels.
    fn width(&self) -> i32 {
        match self {
            Sign::Method(_) => 53,
            Sign::Ours => 40,
            Sign::Paper => 24,
            Sign::PaperLine => 36,
            Sign::Pruning => 9,
            Sign::Note => 0,
        }
    }
}

/// The entries of a legend placed in lines of a given width.
struct Legend<'a> {
    entries: Vec<(Point, Sign<'a>, String)>,
    lines: i32,
}

impl<'a> Legend<'a> {
    fn new(signs: impl IntoIterator<Item = (Sign<'a>, String)>, width: i32) -> Result<Legend<'a>> {
        let (mut x, mut line) = (0, 0);
        let mut entries = Vec::new();
        for (sign, words) in signs {
            let entry_width = sign.width() + text_width(&words, &text(12, INK, HPos::Left, VPos::Center))?;
            if x > 0 && x + entry_width > width {
                (x, line) = (0, line + 1);
            }
            entries.push(((MARGIN + x, MARGIN + 8 + line * LEGEND_LINE), sign, words));
            x += entry_width + 24;
        }
        Ok(Legend { entries, lines: line + 1 })
    }

    fn draw(&self, root: &Area) -> Result<()> {
        self.entries.iter().try_for_each(|((x, y), sign, words)| {
            draw_sign(root, sign, (*x, *y))?;
            let ink = if matches!(sign, Sign::Method(_)) { INK } else { GREY };
            draw_text(root, words, (x + sign.width(), *y), &text(12, ink, HPos::Left, VPos::Center))
        })
    }
}

fn draw_sign(root: &Area, sign: &Sign, (x, y): Point) -> Result<()> {
    let neutral = MethodStyle { rgb: (70, 70, 70), ..METHODS[0] };
    match sign {
        Sign::Method(method) => {
            let look = method_style(method);
            // Long enough for two dashes of every method beside the marker.
            draw_polyline(root, vec![sub(x, y), sub(x + 46, y)], look)?;
            draw_marker(root, sub(x + 23, y), 4 * SUB, look)
        }
        Sign::Ours => {
            draw_whisker(root, sub(x + 1, y), sub(x + 31, y), neutral)?;
            draw_marker(root, sub(x + 16, y), 5 * SUB, neutral)
        }
        Sign::Paper => draw_hollow_diamond(root, sub(x + 8, y), 8 * SUB, neutral),
        Sign::PaperLine => {
            let line = GREY.mix(0.8).stroke_width(SUB as u32);
            draw_dashes(root, vec![sub(x, y), sub(x + 30, y)], (3, 3), line)?;
            draw_hollow_marker(root, sub(x + 15, y), 3 * SUB, neutral)
        }
        Sign::Pruning => {
            draw_dashes(root, vec![sub(x, y - 9), sub(x, y + 9)], (2, 3), GREY.stroke_width(SUB as u32))
        }
        Sign::Note => Ok(()),
    }
}

fn sub_size(width: u32, height: u32) -> (u32, u32) {
    (width * SUB as u32, height * SUB as u32)
}

/// The range of the finite values, wider by a fraction at both ends and never empty.
pub(super) fn padded(values: impl Iterator<Item = f64>, fraction: f64) -> std::ops::Range<f64> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if low > high {
        return 0.0..1.0;
    }
    let pad = ((high - low) * fraction).max(0.25);
    low - pad..high + pad
}
