//! What a person reads, on synthetic rows: numbers known by hand, failures, one seed, missing data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use repro::claims::{Status, Verdict};
use repro::rows::{Provenance, Row, SignalRow};
use repro::show::page::{self as report, GalleryRow, Report};
use repro::show::plot::Figure;
use repro::show::plot::{self, Curve, Field, Look, Marked, Scale, Series, TrainingCurve};
use repro::show::table::tex::tex_escape;
use repro::show::table::{self, Cell, Table};
use repro::words::methods::METHODS;
use repro::words::numbers::TERMINAL_COLUMNS;
use repro::words::quantities::{Quantity, Values};

fn ssim_text(cell: &Cell) -> String {
    cell.mean_text(Quantity::Ssim.kind())
}

fn paper_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../paper")
}

fn row(dataset: &str, method: &str, round: usize, seed: u64, psnr_db: f64) -> Row {
    Row {
        experiment: "table1".into(),
        profile: "desk".into(),
        dataset: dataset.into(),
        method: method.into(),
        line: method.into(),
        round,
        width: if method == "dense-narrow" { 76 } else { 256 },
        seed: Some(seed),
        weights: Some(8704),
        kept_fraction: Some(0.044),
        values: Values::of([
            (Quantity::PsnrStart, 5.0),
            (Quantity::Psnr, psnr_db),
            (Quantity::PsnrPeak, psnr_db + 0.5),
            (Quantity::Ssim, 0.75),
            (Quantity::TrainSeconds, 100.0),
        ]),
        ..Row::default()
    }
}

fn failed(dataset: &str, method: &str, round: usize, seed: u64) -> Row {
    let err = Some("diverged".into());
    Row { weights: None, err, ..row(dataset, method, round, seed, -999.0) }
}

/// Three seeds with mean 26 and sd 1; a cell with one seed and one failure; a cell of failures; a missing cell.
fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> =
        (0..3).map(|s| row("photos", "meta-sparse-inr", 14, s, 25.0 + s as f64)).collect();
    rows.push(row("photos", "random-pruning", 11, 0, 24.0));
    rows.push(failed("photos", "random-pruning", 11, 1));
    rows.extend((0..2).map(|s| failed("silhouettes", "dense-narrow", 11, s)));
    rows
}

fn compare() -> BTreeMap<String, String> {
    [("photos", "imagenette"), ("silhouettes", "sdf2d"), ("celeba", "celeba")]
        .map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()))
        .into()
}

fn table_of(rows: &[Row]) -> Table {
    let paper = repro::rows::paper::read(&paper_dir(), "table1").unwrap();
    let signals: Vec<SignalRow> = rows.iter().flat_map(|row| signals_of(row, &[-1.0, 1.0])).collect();
    table::build("Table 1 & <friends>", rows, &signals, &paper, &compare()).unwrap()
}

/// Signals whose PSNR are that of the row and these offsets; a failed row is a failed signal.
fn signals_of(row: &Row, offsets: &[f64]) -> Vec<SignalRow> {
    let signal = |(i, offset): (usize, &f64)| SignalRow {
        dataset: row.dataset.clone(),
        trained_on: row.trained_on.clone(),
        method: row.method.clone(),
        line: row.line.clone(),
        round: row.round,
        width: row.width,
        seed: row.seed,
        signal: format!("signal {i}"),
        values: Values::of([(Quantity::Psnr, row.values[Quantity::Psnr].unwrap() + offset)]),
        err: row.err.clone(),
        ..SignalRow::default()
    };
    offsets.iter().enumerate().map(signal).collect()
}

#[test]
fn the_paper_csv_holds_the_papers_numbers() {
    let rows = repro::rows::paper::read(&paper_dir(), "table1").unwrap();
    let numbers: Vec<_> = rows
        .iter()
        .map(|r| {
            let db = |quantity| r.values[quantity].unwrap();
            (&*r.dataset, &*r.line, r.weights.unwrap(), db(Quantity::Psnr), db(Quantity::PsnrPeak))
        })
        .collect();
    let expected = [
        ("celeba", "meta-sparse-inr", 8704, 27.70, 27.71),
        ("celeba", "random-pruning", 17000, 26.24, 26.25),
        ("celeba", "dense-narrow", 17708, 27.63, 27.68),
        ("imagenette", "meta-sparse-inr", 8704, 25.73, 25.74),
        ("imagenette", "random-pruning", 17000, 24.06, 24.09),
        ("imagenette", "dense-narrow", 14212, 24.75, 24.76),
        ("sdf2d", "meta-sparse-inr", 8704, 49.87, 49.92),
        ("sdf2d", "random-pruning", 17000, 47.42, 47.48),
        ("sdf2d", "dense-narrow", 26978, 44.35, 44.61),
    ];
    assert_eq!(numbers, expected);
    for row in &rows {
        let weights = row.weights.unwrap();
        assert!((row.kept_fraction.unwrap() - weights as f64 / 197_888.0).abs() < 1e-6);
        if row.method == "dense-narrow" {
            assert_eq!(weights, 3 * row.width * row.width + 5 * row.width);
        }
    }
    assert!(repro::rows::paper::read(&paper_dir(), "no-such-experiment").unwrap().is_empty());
}

#[test]
fn cells_hold_mean_and_sample_sd_and_leave_failures_out() {
    let table = table_of(&rows());
    assert_eq!(table.cells.len(), 3);
    let three = &table.cells[0];
    assert_eq!((three.seeds, three.failed), (3, 0));
    let stat = three.stats[Quantity::Psnr].unwrap();
    assert!((stat.mean - 26.0).abs() < 1e-12 && (stat.sd.unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(three.text(), "26.00 ± 1.00");
    let one = &table.cells[1];
    assert_eq!((one.seeds, one.failed, one.weights), (1, 1, Some(8704)));
    assert_eq!(one.stats[Quantity::Psnr].unwrap().sd, None);
    assert_eq!(one.text(), "24.00, 1 failed");
    let none = &table.cells[2];
    assert_eq!((none.seeds, none.failed, none.text()), (0, 2, "failed (2)".into()));
    // Two signals at 25 and 27 dB: a resample's mean is 25, 26 or 27.
    assert_eq!((three.interval_text(), ssim_text(three)), ("[25.00, 27.00]".into(), "0.750".into()));
    assert_eq!((none.interval_text(), ssim_text(none)), (String::new(), String::new()));
}

#[test]
fn the_papers_number_stands_beside_the_data_set_it_is_compared_with() {
    let table = table_of(&rows());
    let paper = table.cells[0].paper.as_ref().unwrap();
    assert_eq!((&*paper.dataset, paper.psnr_db, paper.weights), ("imagenette", Some(25.73), Some(8704)));
    // Dense-Narrow stands at round 9 in the paper and at round 11 here: one number each, so they meet.
    assert_eq!(table.cells[2].paper.as_ref().unwrap().psnr_db, Some(44.35));
    // Two rounds of ours, one of the paper's: only the same round meets it.
    let ladder = [row("photos", "random-pruning", 11, 0, 24.0), row("photos", "random-pruning", 12, 0, 22.0)];
    let table = table_of(&ladder);
    assert_eq!(table.cells[0].paper.as_ref().unwrap().psnr_db, Some(24.06));
    assert!(table.cells[1].paper.is_none());
}

#[test]
fn the_terminal_table_fits_a_hundred_columns() {
    let mut rows = rows();
    for dataset in ["celeba", "a-data-set-with-quite-a-long-name", "b", "c"] {
        rows.extend((0..3).map(|s| row(dataset, "meta-sparse-inr", 14, s, 120.0 + 10.0 * s as f64)));
    }
    for rows in [&rows[..], &rows[..7], &[]] {
        let text = table_of(rows).terminal();
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= TERMINAL_COLUMNS, "{widest}\n{text}");
    }
    let text = table_of(&rows).terminal();
    assert!(
        text.contains("26.00 ± 1.00 [25.00, 27.00] 0.750 (25.73)") && text.contains("failed (2)"),
        "{text}"
    );
}

#[test]
fn tex_markdown_csv_and_json_say_the_same() {
    let table = table_of(&rows());
    let tex = table.tex();
    assert!(tex.contains("26.00 $\\pm$ 1.00") && tex.contains("4.4 \\%"), "{tex}");
    assert_eq!(tex.matches("\\\\\n").count(), 6); // a head, two data sets, three lines
    let markdown = table.markdown();
    assert!(markdown.lines().all(|line| line.matches('|').count() == 12), "{markdown}");
    let csv = table.csv().unwrap();
    assert_eq!(csv.lines().count(), 4);
    let columns = csv.lines().next().unwrap().split(',').count();
    assert!(csv.lines().all(|line| line.split(',').count() == columns), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&table.json().unwrap()).unwrap();
    assert_eq!(json["cells"][0]["psnr_db"]["mean"], 26.0);
}

#[test]
fn tex_stays_within_the_text_and_goes_on_over_pages() {
    let few = table_of(&rows()).tex();
    assert!(few.contains("\\begin{tabularx}{\\textwidth}") && few.contains("\\end{tabularx}}"), "{few}");
    assert!(
        few.contains("\\textit{photos (paper: imagenette)}") && few.matches(" & ").count() == 4 * 6,
        "{few}"
    );
    let many: Vec<Row> = (1..=50).map(|round| row("celebs_2", "meta-sparse-inr", round, 0, 20.0)).collect();
    let many = table_of(&many).tex();
    assert!(many.contains("\\begin{longtable}") && many.contains("\\endhead"), "{many}");
    // Nothing of the paper stands beside it: no column for it.
    assert!(many.contains("\\textit{celebs\\_2}") && many.matches(" & ").count() == 51 * 5, "{many}");
}

#[test]
fn tex_escapes_what_tex_reserves() {
    let escaped = tex_escape("a_b & 5 % $x^2 #{~} \\ ±");
    assert_eq!(
        escaped,
        "a\\_b \\& 5 \\% \\$x\\textasciicircum{}2 \\#\\{\\textasciitilde{}\\} \\textbackslash{} $\\pm$"
    );
    assert_eq!(tex_escape("2 × 10⁻³ → 5…"), "2 $\\times$ 10$^{-}$$^{3}$ $\\to$ 5\\ldots{}");
    assert_eq!(tex_escape("|Δd|"), "|$\\Delta$d|");
}

fn figures() -> Vec<(String, Figure)> {
    let mean_db: Vec<f64> = (0..=100).map(|k| 30.0 - 20.0 * (-0.1 * k as f64).exp()).collect();
    let curve = |method: &str| Curve {
        dataset: "photos & <more>".into(),
        method: method.into(),
        round: 14,
        weights: Some(8704),
        sd_db: vec![1.0; mean_db.len()],
        mean_db: mean_db.clone(),
    };
    let curves: Vec<Curve> = METHODS.iter().map(|style| curve(style.method)).collect();
    let training = TrainingCurve {
        dataset: "photos".into(),
        method: "unlisted".into(),
        points: (0..200).map(|k| (100 * k, 10.0 + 0.1 * k as f64)).collect(),
        prunings: vec![10_000, 15_000],
    };
    let empty = TrainingCurve { points: Vec::new(), ..training.clone() };
    let series = |method: &str, paper: bool| Series {
        panel: "photos".into(),
        method: method.into(),
        paper,
        points: (1..=20).map(|k| (100.0 * 0.8f64.powi(k), 40.0 - k as f64)).collect(),
        band_db: vec![0.5; 20],
    };
    let all: Vec<Series> =
        METHODS.iter().flat_map(|style| [series(style.method, false), series(style.method, true)]).collect();
    let look = Look {
        title: "lines",
        x_label: "surviving weights, %",
        x_scale: Scale::Log,
        x_tick: plot::number,
        y_label: "PSNR (dB)",
        y_scale: Scale::Linear,
        y_room: &[],
        marked: Marked::All,
        note: "band: ± sd",
    };
    let field = |trained_on: &str, dataset: &str, psnr_db| Field {
        panel: "Meta-SparseINR".into(),
        trained_on: trained_on.into(),
        dataset: dataset.into(),
        psnr_db,
        against_own_db: Some(psnr_db - 30.0),
    };
    let fields = [field("a", "a", 30.0), field("a", "b & c", 25.0), field("b & c", "a", f64::NAN)];
    vec![
        ("lines".into(), plot::lines(&look, &all).unwrap()),
        ("no lines".into(), plot::lines(&look, &[series("dense", true)]).unwrap()),
        ("heat".into(), plot::heat(&fields).unwrap()),
        ("table".into(), plot::dots(&table_of(&rows())).unwrap()),
        ("no rows".into(), plot::dots(&table_of(&[])).unwrap()),
        ("steps".into(), plot::steps(&curves).unwrap()),
        ("training".into(), plot::training(&[training, empty], 10).unwrap()),
    ]
}

#[test]
fn figures_are_well_formed_and_have_a_picture_of_the_same_shape() {
    for (name, figure) in figures() {
        let document = resvg::usvg::roxmltree::Document::parse(&figure.svg);
        assert!(document.is_ok(), "{name}: {document:?}");
        let picture = image::load_from_memory(&figure.png().unwrap()).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (2 * figure.width, 2 * figure.height));
        let ink = picture.pixels().filter(|pixel| pixel.0.iter().all(|&v| v < 80)).count();
        assert!(ink > 100, "{name}: text is missing");
    }
}

#[test]
fn figures_are_written_whole() {
    let dir = std::env::temp_dir().join(format!("repro-outputs-{}", std::process::id()));
    figures()[3].1.save(&dir.join("plots/table1")).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(dir.join("plots")).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(names, ["table1.png", "table1.svg"]);
}

#[test]
fn a_long_table_comes_after_the_figures() {
    let page = |rounds: usize| {
        let rows: Vec<Row> =
            (1..=rounds).map(|round| row("photos", "meta-sparse-inr", round, 0, 20.0)).collect();
        let (table, figures) = (table_of(&rows), figures());
        report::html(&Report {
            title: "",
            about: "",
            table: &table,
            shapes: &repro::show::table::shapes::sheet(&[]),
            verdicts: &[],
            figures: &figures[..1],
            gallery: &[],
            provenance: &Provenance::default(),
            specification: &[],
        })
    };
    let results_first = |page: &str| page.find("<h2>Results").unwrap() < page.find("<h2>Figures").unwrap();
    assert!(results_first(&page(40)) && !results_first(&page(41)));
}

#[test]
fn the_page_needs_nothing_from_outside_and_escapes_what_comes_in() {
    let table = table_of(&rows());
    let evil = "<script>alert(1)</script> \"'&";
    let provenance = Provenance(vec![("command".into(), evil.into())]);
    let gallery = [GalleryRow {
        dataset: evil.into(),
        signal: "0".into(),
        note: evil.into(),
        images: vec![("target\n".to_owned() + evil, vec![vec![1, 2, 3], vec![4]])],
    }];
    let page = report::html(&Report {
        title: evil,
        about: evil,
        table: &table,
        shapes: &repro::show::table::shapes::sheet(&[Row {
            dataset: evil.into(),
            values: Values::of([(Quantity::Iou, 0.5)]),
            ..Row::default()
        }]),
        verdicts: &[Verdict {
            name: evil.into(),
            text: evil.into(),
            dataset: evil.into(),
            step: None,
            status: Status::Holds,
            quantity: Quantity::Psnr,
            mean: Some(0.2),
            sd: None,
            interval: Some([0.1, 0.3]),
            p_value: Some(0.01),
            seeds: 1,
            signals: Some(6),
            exact: 0,
            seeds_left_out: 0,
            premise: None,
        }],
        figures: &figures(),
        gallery: &gallery,
        provenance: &provenance,
        specification: &[("seed".into(), evil.into())],
    });
    assert!(
        !page.contains("<script") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&#39;&amp;")
    );
    for (at, _) in page.match_indices("://") {
        let scheme = &page[page[..at].rfind(['"', '(', ' ']).unwrap() + 1..at + 13];
        assert!(scheme.starts_with("http://www.w3"), "external: {scheme}"); // the namespace of SVG
        assert!(page[..at].ends_with("xmlns=\"http"), "external: {scheme}");
    }
    assert!(page.matches("src=\"data:image/png;base64,").count() == 2);
    assert!(page.contains("<details>") && page.contains("✓"));
}
