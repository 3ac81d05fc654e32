//! Figures and rounds of the gallery that no row has anything for are refused when the file is read.

use repro::experiment::Overrides;
use repro::recipe::parse;

use crate::texts::{changed, file, one_row, profile, refused};

/// One row, the figures and the gallery asked for.
fn asked(row: &str, figures: &str, gallery: &str) -> String {
    let text = one_row(&format!("[[row]]\n{row}\n"));
    let text = changed(&text, "figures = [\"dots\"]", &format!("figures = [{figures}]"));
    changed(&text, "gallery = []", &format!("gallery = [{gallery}]"))
}

const DENSE: &str = "method = \"dense\"\nrounds = [0]";
const SPARSE: &str = "method = \"meta-sparse-inr\"\nrounds = [2]";
const SCRATCH: &str = "method = \"scratch\"\nrounds = [2]";
const BICUBIC: &str = "method = \"bicubic\"\nrounds = [0]\n[superresolution]\nresolution = 8\nfactors = [2]";

#[test]
fn a_round_of_the_gallery_is_that_of_a_row() {
    let error = refused(&asked(SPARSE, "\"dots\"", "2, 3"), &profile("smoke"));
    assert!(error.contains("gallery: no [[row]] has round 3") && error.contains("(2)"), "{error}");
    parse(&asked(SPARSE, "\"dots\"", "2"), &profile("smoke")).unwrap();
}

#[test]
fn a_figure_shows_something_of_a_row() {
    for (row, figure, gallery, words) in [
        (SPARSE, "domains", "", "[axes] fit_on"),
        (SPARSE, "hours", "", "[accelerate] probe"),
        (SPARSE, "layers", "", "at the rounds of `gallery`"),
        (DENSE, "layers", "0", "pruned before the fit"),
        (DENSE, "neurons", "0", "pruned before the fit"),
        (SPARSE, "spectra", "", "at the rounds of `gallery`"),
        (SCRATCH, "training", "", "meta-trained"),
        (BICUBIC, "steps", "", "networks that are fitted"),
        (BICUBIC, "steps-log", "", "networks that are fitted"),
        (BICUBIC, "seconds", "", "networks that are fitted"),
        (BICUBIC, "cost-seconds", "", "networks that are fitted"),
        (BICUBIC, "cost-bytes", "", "networks that are fitted"),
    ] {
        let error = refused(&asked(row, &format!("\"dots\", \"{figure}\""), gallery), &profile("smoke"));
        assert!(error.contains(&format!("figures: `{figure}`")) && error.contains(words), "{error}");
        assert!(error.contains("leave it out"), "{error}");
    }
    for (row, figure) in [(SPARSE, "layers"), (SPARSE, "neurons"), (SPARSE, "spectra"), (SPARSE, "training")]
    {
        parse(&asked(row, &format!("\"{figure}\""), "2"), &profile("smoke")).unwrap();
    }
}

#[test]
fn spectra_are_of_pictures_that_are_not_crossed() {
    let spectra = asked(SPARSE, "\"spectra\"", "2");
    let surface = format!("{spectra}\n[surface]\ngrid = 16\nsamples = 100\npoints = 100\n");
    let shapes = Overrides { datasets: Some(vec!["analytic3d".into()]), ..profile("smoke") };
    assert!(refused(&surface, &shapes).contains("fits of pictures"));
    let crossed = changed(&spectra, "seed = [42, 43, 44]", "seed = [42]\nfit_on = [\"photos\"]");
    assert!(refused(&crossed, &profile("smoke")).contains("not crossed"));
}

#[test]
fn a_command_line_that_takes_the_source_of_a_figure_away_is_refused() {
    let path = file().with_file_name("accelerated.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let without = |figures: &[&str]| {
        let probe = ["accelerate.probe=paper"];
        let set = probe.iter().chain(figures).map(|s| s.to_string()).collect();
        parse(&text, &Overrides { set, ..profile("smoke") })
    };
    assert!(format!("{:#}", without(&[]).unwrap_err()).contains("figures: `hours`"));
    without(&["figures=[\"dots\"]"]).unwrap();
}
