//! The report: one HTML file that opens from disk, with every figure and picture inside it.
//!
//! No script, no external request: figures are inline SVG, pictures and the font are base64. Light and dark follow
//! the reader's setting; figures stand on white cards. Tables and figures scroll inside their box, so that the page
//! reads at 390 px as at 1,400 px. Every string that comes from outside goes through [`escape`]; only figures,
//! which `plot.rs` has drawn (and plotters escaped), are set as they are.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::plot::canvas::{FONT_BOLD, FONT_REGULAR, Figure};
use super::table::text::{EXACT, Sheet};
use super::table::{Table, shapes};
use crate::claims::{Status, Verdict, together};
use crate::disk::write_file;
use crate::rows::Provenance;

/// All the report shows, in its order.
pub struct Report<'a> {
    /// Title of the page.
    pub title: &'a str,
    /// One paragraph: what this is.
    pub about: &'a str,
    /// The table, with the paper's column beside ours.
    pub table: &'a Table,
    /// SDF errors, IoU and Chamfer distances; without lines where there are no shapes.
    pub shapes: &'a Sheet,
    /// Claims and expectations, checked.
    pub verdicts: &'a [Verdict],
    /// Figures, each with its caption.
    pub figures: &'a [(String, Figure)],
    /// Reconstructions.
    pub gallery: &'a [GalleryRow],
    /// Command, profile, seeds, machine, revision, fingerprints, licences, times, …
    pub provenance: &'a Provenance,
    /// Every key of the specification, folded away.
    pub specification: &'a [(String, String)],
}

/// One signal: the target, and each reconstruction above its error map.
#[derive(Clone, Debug, PartialEq)]
pub struct GalleryRow {
    /// Data set.
    pub dataset: String,
    /// Name of the signal.
    pub signal: String,
    /// What stands below what; empty if nothing does.
    pub note: String,
    /// (label, PNG files one below the other) of each place; line breaks in a label are kept.
    pub images: Vec<(String, Vec<Vec<u8>>)>,
}

/// Writes the page, under a temporary name first.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, report: &Report) -> Result<()> {
    write_file(path, html(report).as_bytes())
}

/// The page of one experiment.
pub fn html(report: &Report) -> String {
    page(report.title, report.about, &body(report))
}

/// A table of more lines comes after the figures, which say the same at a glance.
const AT_A_GLANCE: usize = 40;

/// An experiment's sections, on a page of its own or one of many (`repro all`).
pub fn body(report: &Report) -> String {
    let results = section("Results", &table_html(report.table));
    let (first, later) = match report.table.sheet().lines.len() <= AT_A_GLANCE {
        true => (results, String::new()),
        false => (String::new(), results),
    };
    let sections = [
        first,
        section("Shapes", &shapes_html(report.shapes)),
        section("Claims", &claims_html(report.verdicts)),
        section("Figures", &figures_html(report.figures)),
        later,
        section("Reconstructions", &gallery_html(report.gallery)),
        section("Provenance", &pairs_html(&report.provenance.0)),
        specification_html(report.specification),
    ];
    sections.concat()
}

/// A page around a body that is HTML already.
pub fn page(title: &str, about: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{}{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p class=\"about\">{}</p>\n\
         {body}</main>\n</body>\n</html>\n",
        font_faces(),
        escape(about)
    )
}

/// Escapes a string for HTML text and attribute values.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

// ---------------------------------------------------------------------------------------------- sections

/// A headed section; nothing if there is nothing to show.
fn section(title: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>{title}</h2>\n{body}</section>\n")
}

fn table_html(table: &Table) -> String {
    let sheet = table.sheet();
    if sheet.lines.is_empty() {
        return String::new();
    }
    let class = |i: usize| match sheet.head[i].starts_with("paper (") {
        true => " class=\"paper\"",
        false => "",
    };
    let head: String = (0..sheet.head.len())
        .map(|i| format!("<th scope=\"col\"{}>{}</th>", class(i), escape(&sheet.head[i])))
        .collect();
    let mut body = String::new();
    for line in &sheet.lines {
        let _ = write!(body, "<tr><th scope=\"row\">{}</th>", escape(&line[0]));
        for (i, cell) in line.iter().enumerate().skip(1) {
            let _ = write!(body, "<td{}>{}</td>", class(i), escape(cell));
        }
        body.push_str("</tr>\n");
    }
    format!(
        "<div class=\"box\" tabindex=\"0\"><table class=\"numbers\">\n<caption>{}</caption>\n\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n\
         <p class=\"note\">PSNR after the last step of the fit, mean over test signals; mean ± standard deviation \
         over seeds; 95 %: bootstrap interval over signals, seeds averaged; SSIM likewise a mean. Weights and kept: surviving weights, biases not counted.{}</p>\n",
        escape(&table.title),
        if table.has_exact() { format!(" {EXACT}.") } else { String::new() }
    )
}

fn shapes_html(sheet: &Sheet) -> String {
    if sheet.lines.is_empty() {
        return String::new();
    }
    let cells = |tag: &str, line: &[String]| -> String {
        line.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect()
    };
    let body: String = sheet.lines.iter().map(|line| format!("<tr>{}</tr>\n", cells("td", line))).collect();
    format!(
        "<div class=\"box\" tabindex=\"0\"><table class=\"shapes\">\n<thead><tr>{}</tr></thead>\n<tbody>\n{body}</tbody>\n\
         </table></div>\n<p class=\"note\">{}</p>\n",
        cells("th", &sheet.head),
        escape(shapes::NOTE)
    )
}

fn claims_html(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return String::new();
    }
    format!(
        "{}<p class=\"note\">Differences are paired by seed and signal. A claim \
         holds if the 95 % interval of their mean is above zero, does not hold if it is below, and is undecided \
         otherwise; the interval comes from 10,000 resamples of seeds and, independently, of signals (pigeonhole \
         bootstrap, Owen 2007). With one seed it speaks of that seed only, and the verdict says so. {}</p>\n",
        claims_list(verdicts),
        together(verdicts).unwrap_or_default()
    )
}

/// Each claim with its verdicts; HTML.
pub fn claims_list(verdicts: &[Verdict]) -> String {
    let of_one_claim = |a: &Verdict, b: &Verdict| a.name == b.name && a.text == b.text;
    let items: String = verdicts.chunk_by(of_one_claim).map(claim_html).collect();
    format!("<ul class=\"claims\">\n{items}</ul>\n")
}

/// A claim in words, and a line for each data set it is checked on.
fn claim_html(verdicts: &[Verdict]) -> String {
    let lines: String = verdicts.iter().map(verdict_html).collect();
    format!("<li><p>{}</p>\n<ul>\n{lines}</ul></li>\n", escape(&verdicts[0].text))
}

fn verdict_html(verdict: &Verdict) -> String {
    let class = match verdict.status {
        Status::Holds => "yes",
        Status::DoesNotHold => "no",
        _ => "open",
    };
    format!(
        "<li class=\"{class}\"><span class=\"mark\" aria-hidden=\"true\">{}</span><span>{}</span>\
         <span class=\"words\">{}</span><span class=\"by\">{}</span></li>\n",
        verdict.mark(),
        escape(&verdict.dataset),
        escape(&verdict.words()),
        escape(&verdict.difference_text())
    )
}

fn figures_html(figures: &[(String, Figure)]) -> String {
    let figure = |(caption, figure): &(String, Figure)| {
        format!(
            "<figure><div class=\"box card\" tabindex=\"0\" style=\"--w:{}px\">{}</div><figcaption>{}</figcaption></figure>\n",
            figure.width,
            fluid(figure),
            escape(caption)
        )
    };
    figures.iter().map(figure).collect()
}

/// The SVG without its fixed size: the viewBox gives the aspect, the style sheet the width.
fn fluid(figure: &Figure) -> String {
    let size = format!(" width=\"{}\" height=\"{}\"", figure.width, figure.height);
    figure.svg.replacen(&size, "", 1)
}

fn gallery_html(gallery: &[GalleryRow]) -> String {
    let mut out = String::new();
    for row in gallery {
        let name = format!("{}, {}", escape(&row.dataset), escape(&row.signal));
        let note = match row.note.is_empty() {
            true => String::new(),
            false => format!("<p class=\"note\">{}</p>\n", escape(&row.note)),
        };
        let _ = write!(out, "<h3>{name}</h3>\n{note}<div class=\"gallery\">\n");
        for (label, pngs) in &row.images {
            let label = escape(label);
            let alt = format!("{name}: {}", label.replace('\n', ", "));
            let images: String = pngs.iter().map(|png| image_html(png, &alt)).collect();
            let caption = label.replace('\n', "<br>");
            let _ = writeln!(out, "<figure>{images}<figcaption>{caption}</figcaption></figure>");
        }
        out.push_str("</div>\n");
    }
    out
}

fn image_html(png: &[u8], alt: &str) -> String {
    let class = if width_px(png) > PIXELATED { " class=\"render\"" } else { "" };
    format!("<img{class} alt=\"{alt}\" src=\"data:image/png;base64,{}\">", BASE64.encode(png))
}

/// Pictures up to this width show their pixels when enlarged; larger ones are drawings and are smoothed.
const PIXELATED: u32 = 200;

/// The width in the header of a PNG file; 0 of anything shorter.
fn width_px(png: &[u8]) -> u32 {
    png.get(16..20).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

fn pairs_html(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let lines: String = pairs
        .iter()
        .map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(value)))
        .collect();
    format!("<dl>\n{lines}</dl>\n")
}

fn specification_html(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    format!(
        "<details>\n<summary>The whole specification ({} keys)</summary>\n{}</details>\n",
        pairs.len(),
        pairs_html(pairs)
    )
}

fn font_faces() -> String {
    let face = |weight: u32, font: &[u8]| {
        format!(
            "@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/otf;base64,{}) format(\"opentype\")}}\n",
            BASE64.encode(font)
        )
    };
    face(400, FONT_REGULAR) + &face(600, FONT_BOLD)
}

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--soft:#5c6670;--line:#dfe3e8;--wash:#f5f7f9;
--yes:#00734f;--no:#b34700;--open:#5c6670}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e9ec;--soft:#9aa5b0;--line:#30363d;--wash:#1c2126;
--yes:#3ecf9b;--no:#ff9a5c;--open:#9aa5b0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 Inter,system-ui,sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:40px 20px 80px}
h1{font-size:clamp(25px,4vw,34px);line-height:1.2;letter-spacing:-.015em;font-weight:600;margin:0 0 14px}
h2{font-size:21px;line-height:1.3;font-weight:600;margin:52px 0 16px}
h3{font-size:15px;font-weight:600;margin:26px 0 10px}
h3,figcaption,.note{overflow-wrap:anywhere}
p{margin:0}
a{color:inherit}
.part{font-size:26px;border-top:2px solid var(--line);padding-top:28px;margin-top:72px}
.about{max-width:70ch;color:var(--soft)}
h3+.note{margin:-4px 0 10px}
.note{max-width:80ch;margin-top:10px;font-size:13.5px;color:var(--soft)}
.box{overflow-x:auto;border:1px solid var(--line);border-radius:10px}
.box:focus-visible,summary:focus-visible{outline:2px solid #0072b2;outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:15px;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:12px 14px 4px;font-weight:600}
th,td{padding:9px 14px;text-align:right;white-space:nowrap;font-weight:400}
thead th{color:var(--soft);font-size:13.5px;line-height:1.35;white-space:normal;vertical-align:bottom;border-bottom:1px solid var(--line)}
tbody tr+tr>*{border-top:1px solid var(--line)}
th:first-child{text-align:left}
.shapes th:nth-child(-n+2),.shapes td:nth-child(-n+2){text-align:left}
tbody th{font-weight:600;position:sticky;left:0;background:var(--paper)}
.box:has(table){max-height:min(85vh,900px);overflow-y:auto}
thead th{position:sticky;top:0;background:var(--paper)}
.paper{color:var(--soft)}
td.paper{background:var(--wash)}
.claims,.claims ul{list-style:none;margin:0;padding:0;display:grid;gap:10px}
.claims>li{padding:14px 16px;border:1px solid var(--line);border-radius:10px}
.claims>li>p{font-weight:600}
.claims ul{gap:6px;margin-top:10px;font-size:14.5px;font-variant-numeric:tabular-nums}
.claims li li{display:grid;grid-template-columns:22px 9em 15em 1fr;gap:2px 12px;align-items:center}
.mark{width:22px;height:22px;border-radius:50%;display:grid;place-items:center;font-weight:600;font-size:13px;
line-height:1;border:1.5px solid currentColor}
.by{color:var(--soft)}
.yes .mark,.yes .words{color:var(--yes)}
.no .mark,.no .words{color:var(--no)}
.open .mark,.open .words{color:var(--open)}
.words{font-weight:600}
figure{margin:0 0 30px}
.card{background:#fff}
.card svg{display:block;width:100%;max-width:var(--w);min-width:min(860px,var(--w));height:auto;margin:0 auto}
figcaption{margin-top:10px;font-size:14px;color:var(--soft);max-width:85ch}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:14px}
.gallery figure{margin:0}
.gallery img{display:block;width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;border-radius:6px;
background:var(--wash)}
.gallery img+img{margin-top:4px}
.gallery img.render{image-rendering:auto;background:none}
.gallery figcaption{margin-top:6px;font-size:13px;line-height:1.4;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:7px 22px;margin:0;font-size:14.5px}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
details{margin-top:40px;border-top:1px solid var(--line);padding-top:16px}
summary{cursor:pointer;font-weight:600}
details dl{margin-top:16px;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px}
@media (max-width:640px){.claims li li{grid-template-columns:22px 1fr;align-items:start}.words,.by{grid-column:2}.claims ul{gap:12px}
main{padding:26px 16px 60px}h2{margin-top:40px}th,td{padding:8px 11px}
dl{grid-template-columns:minmax(0,1fr);gap:0}dt{overflow-wrap:anywhere}dd{margin-bottom:10px}
.gallery{grid-template-columns:repeat(3,minmax(0,1fr));gap:10px}}
@media print{.box,.box:has(table){overflow:visible;max-height:none;border:0}li,figure{break-inside:avoid}}
";
