//! A table of colours: PSNR of networks trained on one data set and fitted to another, and what that costs.
//!
//! A field shows the PSNR and, below it, the difference to the network trained on the fitted set itself; the darker
//! the field, the larger the loss. Fields of a column are compared, not those of a row.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Figure, Layout, Sign, panel_title};
use super::legend::in_order;
use super::shapes::{GREY, INK, bold, draw_text, drawing, sub, text};
use crate::words::numbers::signed;

/// A field of one panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name of the panel: a method.
    pub panel: String,
    /// Line: the data set trained on.
    pub trained_on: String,
    /// Column: the data set fitted.
    pub dataset: String,
    /// PSNR, dB.
    pub psnr_db: f64,
    /// PSNR less that of the network trained on the fitted set, dB.
    pub against_own_db: Option<f64>,
}

const FIELD: i32 = 58;
const LEFT: i32 = 92; // names of the lines
const ABOVE: i32 = 66; // title and names of the columns

/// One panel a method.
///
/// # Errors
/// If a shape cannot be drawn.
pub fn heat(fields: &[Field]) -> Result<Figure> {
    let panels = in_order(fields.iter().map(|field| field.panel.as_str()));
    let lines = in_order(fields.iter().map(|field| field.trained_on.as_str()));
    let columns = in_order(fields.iter().map(|field| field.dataset.as_str()));
    let worst = fields.iter().filter_map(|field| field.against_own_db).fold(-1.0, f64::min);
    let note =
        "PSNR in dB, below it the difference to the network trained on the fitted set; darker: larger loss";
    let height = ABOVE + FIELD * lines.len() as i32 + 12;
    let layout = Layout::new(panels.len(), height, [(Sign::Note, note.to_owned())])?;
    layout.draw("PSNR of networks trained on one data set and fitted to another", |root| {
        for (i, name) in panels.iter().enumerate() {
            let (left, top) = layout.panel(i);
            panel_title(root, (left, top), layout.panel_width, name, None)?;
            let width = (layout.panel_width - LEFT) / columns.len().max(1) as i32;
            let caption = text(11, GREY, HPos::Left, VPos::Top);
            draw_text(root, "trained on ↓  fitted to →", (left, top + 24), &caption)?;
            for (c, column) in columns.iter().enumerate() {
                let at = (left + LEFT + width * c as i32 + width / 2, top + 44);
                draw_text(root, column, at, &text(12, INK, HPos::Center, VPos::Top))?;
            }
            for (l, line) in lines.iter().enumerate() {
                let y = top + ABOVE + FIELD * l as i32;
                let style = text(12, INK, HPos::Right, VPos::Center);
                draw_text(root, line, (left + LEFT - 8, y + FIELD / 2), &style)?;
                for (c, column) in columns.iter().enumerate() {
                    let here = |f: &&Field| f.panel == *name && f.trained_on == *line && f.dataset == *column;
                    let Some(field) = fields.iter().find(here) else { continue };
                    let x = left + LEFT + width * c as i32;
                    let share = field.against_own_db.unwrap_or(0.0).min(0.0) / worst;
                    let fill = shade(share);
                    let ink = if share > 0.55 { WHITE } else { INK };
                    let corners = [sub(x + 1, y + 1), sub(x + width - 1, y + FIELD - 1)];
                    root.draw(&Rectangle::new(corners, fill.filled())).map_err(drawing)?;
                    let number = bold(15, ink, HPos::Center).pos(Pos::new(HPos::Center, VPos::Center));
                    draw_text(root, &signed(field.psnr_db), (x + width / 2, y + 22), &number)?;
                    let below = match field.against_own_db {
                        Some(_) if field.trained_on == field.dataset => "its own".to_owned(),
                        Some(difference) if difference >= 0.0 => format!("+{}", signed(difference)),
                        Some(difference) => signed(difference),
                        None => String::new(),
                    };
                    let small = text(11, ink, HPos::Center, VPos::Center);
                    draw_text(root, &below, (x + width / 2, y + 41), &small)?;
                }
            }
        }
        Ok(())
    })
}

/// From nearly white to a deep orange-brown; share in [0, 1].
fn shade(share: f64) -> RGBColor {
    let mix = |from: f64, to: f64| (from + (to - from) * share.clamp(0.0, 1.0)).round() as u8;
    RGBColor(mix(246.0, 140.0), mix(243.0, 55.0), mix(238.0, 0.0))
}
