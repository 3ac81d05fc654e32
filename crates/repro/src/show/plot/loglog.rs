//! Lines on two logarithmic axes.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Figure, GRID, Layout, Sign, panel_title};
use super::shapes::{Area, GREY, Point, SUB, draw_marker, draw_polyline, draw_text, drawing, sub, text};
use crate::words::methods::method_style;

/// Points joined by a line.
pub struct Line<'a> {
    /// Name in the legend.
    pub label: String,
    /// Method whose colour, marker and dash it takes.
    pub like: &'a str,
    /// (x, y), both positive.
    pub points: Vec<(f64, f64)>,
}

const HEIGHT: i32 = 340;
const LEFT: i32 = 56; // the labels of y
const BELOW: i32 = 42; // the labels and the name of x
const ABOVE: i32 = 44; // the title and the name of y

/// A figure of one panel.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn log_lines(title: &str, x_label: &str, y_label: &str, lines: &[Line]) -> Result<Figure> {
    let layout =
        Layout::new(1, HEIGHT, lines.iter().map(|line| (Sign::Method(line.like), line.label.clone())))?;
    let points = || lines.iter().flat_map(|line| &line.points);
    let (x, y) = (Axis::over(points().map(|p| p.0)), Axis::over(points().map(|p| p.1)));
    layout.draw(title, |root| {
        let (left, top) = layout.panel(0);
        panel_title(root, (left, top), layout.panel_width, title, None)?;
        draw_text(root, y_label, (left, top + 24), &text(12, GREY, HPos::Left, VPos::Top))?;
        let (right, bottom) = (left + layout.panel_width - 8, top + HEIGHT - BELOW);
        let (from, to) = ((left + LEFT, bottom), (right, top + ABOVE));
        for tick in x.ticks() {
            let at = x.place(tick, from.0, to.0);
            grid_line(root, [(at, from.1), (at, to.1)])?;
            draw_text(root, &number(tick), (at, bottom + 6), &text(12, GREY, HPos::Center, VPos::Top))?;
        }
        for tick in y.ticks() {
            let at = y.place(tick, from.1, to.1);
            grid_line(root, [(from.0, at), (to.0, at)])?;
            draw_text(root, &number(tick), (from.0 - 6, at), &text(12, GREY, HPos::Right, VPos::Center))?;
        }
        let middle = (from.0 + to.0) / 2;
        draw_text(root, x_label, (middle, bottom + 24), &text(12, GREY, HPos::Center, VPos::Top))?;
        for line in lines {
            let look = method_style(line.like);
            let place = |&(px, py): &(f64, f64)| sub(x.place(px, from.0, to.0), y.place(py, from.1, to.1));
            let path: Vec<Point> = line.points.iter().map(place).collect();
            draw_polyline(root, path.clone(), look)?;
            path.into_iter().try_for_each(|at| draw_marker(root, at, 4 * SUB, look))?;
        }
        Ok(())
    })
}

fn grid_line(root: &Area, ends: [Point; 2]) -> Result<()> {
    let path: Vec<Point> = ends.iter().map(|&(x, y)| sub(x, y)).collect();
    root.draw(&PathElement::new(path, GRID.stroke_width(SUB as u32))).map_err(drawing)
}

/// The range of an axis, a little wider than its values.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(a, b), v| (a.min(v), b.max(v)));
        Self { low: low / 1.3, high: high * 1.3 }
    }

    /// 1, 2 and 5 times powers of ten.
    fn ticks(&self) -> Vec<f64> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let all = decades.flat_map(|d| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(d)));
        all.filter(|&tick| tick >= self.low && tick <= self.high).collect()
    }

    fn place(&self, value: f64, from: i32, to: i32) -> i32 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        from + (share * f64::from(to - from)).round() as i32
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_inside_the_axis() {
        let axis = Axis::over([1.2, 90.0].into_iter());
        assert_eq!(axis.ticks(), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        assert_eq!(axis.place(axis.low, 10, 110), 10);
        assert_eq!(axis.place(axis.high, 10, 110), 110);
        assert_eq!([number(0.05), number(200.0)], ["0.05", "200"]);
    }
}
