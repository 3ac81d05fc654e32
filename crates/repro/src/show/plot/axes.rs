//! Axes drawn by hand: linear or logarithmic, with round ticks, for panels whose scale plotters' own mesh does not know.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{GRID, panel_title};
use super::shapes::{Area, GREY, Point, SUB, draw_text, drawing, sub, text};

/// How values become lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// In proportion.
    Linear,
    /// By the logarithm; values are positive.
    Log,
}

/// The range of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Axis {
    /// An axis over the finite values (the positive ones, if logarithmic), a little wider at both ends by `room` of
    /// its length; never empty.
    pub(super) fn over(scale: Scale, values: impl Iterator<Item = f64>, room: f64) -> Self {
        let shown = values.filter(|v| v.is_finite() && (scale == Scale::Linear || *v > 0.0));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        match (scale, low <= high) {
            (_, false) => Self { scale, low: 1.0, high: 10.0 },
            (Scale::Linear, _) => {
                let pad = room * (high - low);
                let pad = if high > low { pad } else { 0.5 };
                Self { scale, low: low - pad, high: high + pad }
            }
            (Scale::Log, _) => {
                let factor = if high > low { (high / low).powf(room) } else { 1.5 };
                Self { scale, low: low / factor, high: high * factor }
            }
        }
    }

    /// Round values inside the axis: 1, 2, 5 times powers of ten, or steps of that kind.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let inside = |tick: &f64| *tick >= self.low && *tick <= self.high;
        match self.scale {
            Scale::Log => {
                let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
                let factors: &[f64] = if self.high / self.low > 2e3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                decades.flat_map(|d| factors.iter().map(move |m| m * 10f64.powi(d))).filter(inside).collect()
            }
            Scale::Linear => {
                let rough = (self.high - self.low) / 6.0;
                let unit = 10f64.powf(rough.log10().floor());
                let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * unit).into_iter().find(|s| *s >= rough);
                let step = step.unwrap_or(10.0 * unit);
                let first = (self.low / step).ceil() as i64;
                (first..).map(|i| i as f64 * step).take_while(|tick| *tick <= self.high).collect()
            }
        }
    }

    /// Whether the axis shows a value.
    pub(super) fn holds(&self, value: f64) -> bool {
        value.is_finite() && (self.scale == Scale::Linear || value > 0.0)
    }

    /// Place of a value between two lengths.
    pub(super) fn place(&self, value: f64, from: i32, to: i32) -> i32 {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        from + (share * f64::from(to - from)).round() as i32
    }
}

/// A value on a tick: `0.05`, `200`, `20k`, `5e−4`.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value != 0.0 && !(0.999e-3..1e6).contains(&size) {
        return format!("{value:.1e}").replace(".0e", "e").replace('-', "−");
    }
    if size >= 10_000.0 {
        return format!("{}k", number(value / 1000.0));
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
}

/// A panel with its axes.
pub(super) struct Panel {
    x: Axis,
    y: Axis,
    from: Point,
    to: Point,
}

/// Words of a panel.
pub(super) struct Words<'a> {
    /// Above it.
    pub title: &'a str,
    /// Below the x axis.
    pub x: &'a str,
    /// Above the y axis.
    pub y: &'a str,
}

const LEFT: i32 = 42; // labels of y
const BELOW: i32 = 42; // labels and name of x
const ABOVE: i32 = 44; // title and name of y

impl Panel {
    /// Draws grid, ticks and words of a panel whose upper left corner and size are given in figure pixels.
    pub(super) fn draw(
        root: &Area,
        (left, top): Point,
        (width, height): (i32, i32),
        words: &Words,
        (x, y): (Axis, Axis),
        x_tick: fn(f64) -> String,
    ) -> Result<Self> {
        panel_title(root, (left, top), width, words.title, None)?;
        draw_text(root, words.y, (left, top + 24), &text(12, GREY, HPos::Left, VPos::Top))?;
        let (right, bottom) = (left + width - 8, top + height - BELOW);
        let panel = Self { x, y, from: (left + LEFT, bottom), to: (right, top + ABOVE) };
        let mut last = None;
        for tick in panel.x.ticks() {
            let at = panel.x.place(tick, panel.from.0, panel.to.0);
            grid_line(root, [(at, panel.from.1), (at, panel.to.1)])?;
            if last.is_none_or(|last| at - last >= 34) {
                draw_text(root, &x_tick(tick), (at, bottom + 6), &text(12, GREY, HPos::Center, VPos::Top))?;
                last = Some(at);
            }
        }
        for tick in panel.y.ticks() {
            let at = panel.y.place(tick, panel.from.1, panel.to.1);
            grid_line(root, [(panel.from.0, at), (panel.to.0, at)])?;
            let style = text(12, GREY, HPos::Right, VPos::Center);
            draw_text(root, &number(tick), (panel.from.0 - 6, at), &style)?;
        }
        let middle = (panel.from.0 + panel.to.0) / 2;
        draw_text(root, words.x, (middle, bottom + 24), &text(12, GREY, HPos::Center, VPos::Top))?;
        Ok(panel)
    }

    /// Place of a point, canvas units; none if the axes cannot show it.
    pub(super) fn at(&self, (x, y): (f64, f64)) -> Option<Point> {
        let fine = |axis: &Axis, value, from: i32, to: i32| axis.place(value, from * SUB, to * SUB);
        (self.x.holds(x) && self.y.holds(y))
            .then(|| (fine(&self.x, x, self.from.0, self.to.0), fine(&self.y, y, self.from.1, self.to.1)))
    }
}

fn grid_line(root: &Area, ends: [Point; 2]) -> Result<()> {
    let path: Vec<Point> = ends.iter().map(|&(x, y)| sub(x, y)).collect();
    root.draw(&PathElement::new(path, GRID.stroke_width(SUB as u32))).map_err(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_inside_the_axis() {
        let log = Axis::over(Scale::Log, [1.2, 90.0].into_iter(), 0.06);
        assert_eq!(log.ticks(), [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        let linear = Axis::over(Scale::Linear, [3.0, 41.0].into_iter(), 0.0);
        assert_eq!(linear.ticks(), [10.0, 20.0, 30.0, 40.0]);
        for axis in [&log, &linear] {
            assert_eq!([axis.place(axis.low, 10, 110), axis.place(axis.high, 10, 110)], [10, 110]);
        }
        assert_eq!(
            [0.05, 200.0, 25_000.0, 1e-3, 5e-4, 3.0 * 5e-5].map(number),
            ["0.05", "200", "25k", "0.001", "5e−4", "1.5e−4"]
        );
    }

    #[test]
    fn an_axis_of_nothing_or_of_one_value_is_not_empty() {
        for scale in [Scale::Linear, Scale::Log] {
            for values in [vec![], vec![f64::NAN], vec![3.0]] {
                let axis = Axis::over(scale, values.into_iter(), 0.05);
                assert!(axis.high > axis.low && !axis.ticks().is_empty(), "{axis:?}");
            }
        }
    }
}
