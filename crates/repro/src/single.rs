//! `repro fit`: one picture fitted from an initial network, ours or the authors'.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use inr_core::file::{TensorFile, save, write_atomically};
use inr_core::{Params, grid};
use meta::fit::{FitConfig, Optimiser, fit};

use crate::cli::{DONE, FitArgs};
use crate::data::samples;
use crate::picture::png;
use crate::screen;
use crate::spec::OptimiserName;

/// Fits, writes the reconstruction, the curve and the fitted network, prints the PSNR.
///
/// # Errors
/// If the network, the picture or the output folder cannot be used, or the fit diverges.
pub fn run(args: &FitArgs) -> Result<u8> {
    ensure!(args.resolution >= 2, "--resolution {}: at least 2", args.resolution);
    let config = config(args);
    ensure!(config.steps > 0 && config.lr > 0.0, "--steps and --lr must be positive");
    let init: Params<f32> = TensorFile::read(&args.params)?.params(args.w0)?;
    let shape = (init.layout().siren().d_in(), init.layout().siren().d_out());
    ensure!(
        shape == (2, 3),
        "{}: a network {}→{}, but a picture needs 2→3",
        args.params.display(),
        shape.0,
        shape.1
    );
    let signal = datasets::signal_of_picture(&args.image, args.resolution)?;
    let target = samples(signal, &Arc::new(grid::square(args.resolution)));
    let engine = crate::engines::single(&args.engine)?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;
    let began = Instant::now();
    let fitted = fit(engine.as_ref(), &init, &target, config)?;
    let fit_s = began.elapsed().as_secs_f64();
    let values = engine.forward(&fitted.params, &target.coords);
    let write = |name: &str, bytes: &[u8]| write_atomically(&args.out.join(name), bytes);
    write("target.png", &png(&target.targets, args.resolution)?)?;
    write("reconstruction.png", &png(&values, args.resolution)?)?;
    write("curve.csv", curve(&fitted.psnr_db).as_bytes())?;
    save(&args.out.join("fitted.safetensors"), &fitted.params, None, &[])?;
    let summary = Summary {
        image: &args.image,
        weights: init.layout().weights(),
        steps: config.steps,
        psnr_start_db: fitted.psnr_db[0],
        psnr_db: fitted.last_db(),
        psnr_peak_db: fitted.peak_db(),
        fit_s,
        out: &args.out,
    };
    screen::result(&if args.json { serde_json::to_string_pretty(&summary)? } else { summary.text() })?;
    Ok(DONE)
}

fn config(args: &FitArgs) -> FitConfig {
    let (optimiser, lr, steps) = match args.optimiser {
        OptimiserName::Adam => (Optimiser::Adam, 1e-4, 100),
        OptimiserName::Sgd => (Optimiser::Sgd, 1e-2, 2),
    };
    FitConfig { optimiser, lr: args.lr.unwrap_or(lr), steps: args.steps.unwrap_or(steps) }
}

fn curve(psnr_db: &[f64]) -> String {
    let lines = psnr_db.iter().enumerate().map(|(step, psnr)| format!("{step},{psnr}\n"));
    std::iter::once("step,psnr_db\n".to_string()).chain(lines).collect()
}

#[derive(serde::Serialize)]
struct Summary<'a> {
    #[serde(serialize_with = "crate::shown::path")]
    image: &'a Path,
    weights: usize,
    steps: usize,
    psnr_start_db: f64,
    psnr_db: f64,
    psnr_peak_db: f64,
    fit_s: f64,
    #[serde(serialize_with = "crate::shown::path")]
    out: &'a Path,
}

impl Summary<'_> {
    fn text(&self) -> String {
        format!(
            "{}: {:.2} dB after {} steps (start {:.2}, peak {:.2}; {} weights, {:.1} s)\n\
             written to {}: reconstruction.png, target.png, curve.csv, fitted.safetensors",
            self.image.display(),
            self.psnr_db,
            self.steps,
            self.psnr_start_db,
            self.psnr_peak_db,
            self.weights,
            self.fit_s,
            self.out.display()
        )
    }
}
