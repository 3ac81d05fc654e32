//! `repro fit`: one picture fitted from an initial network, ours or the authors'.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use inr_core::file::{TensorFile, save, write_atomically};
use inr_core::{Params, grid};
use meta::fit::{FitConfig, fit};

use crate::exit::DONE;
use crate::experiment::OptimiserName;
use crate::pictures::png::png;
use crate::screen;
use crate::signals::samples;

/// `repro fit`.
#[derive(Args)]
pub struct FitArgs {
    /// Initial network: safetensors, ours or the authors' (for a .pth the error has the line that converts it).
    #[arg(long, value_name = "FILE")]
    pub params: PathBuf,
    /// Picture: PNG or JPEG.
    #[arg(long, value_name = "FILE")]
    pub image: PathBuf,
    /// Optimiser.
    #[arg(long, default_value = "adam")]
    pub optimiser: OptimiserName,
    /// Full-image steps [default: 100 for adam, 2 for sgd, as the paper].
    #[arg(long)]
    pub steps: Option<usize>,
    /// Learning rate [default: 1e-4 for adam, 1e-2 for sgd, as the paper].
    #[arg(long)]
    pub lr: Option<f64>,
    /// Side in pixels of the square that is fitted: a picture that has this size is taken as it is, any other is
    /// prepared as tables do it: Resize(200) of its short side, CenterCrop(178), exact area average to this side
    /// (above 178: Resize(side · 200/178), CenterCrop).
    #[arg(long, default_value_t = 178)]
    pub resolution: usize,
    /// Prepares the picture exactly as a test signal of this data set, whatever its size: photos and imagenette as
    /// above, celeba without the Resize, silhouettes as signed distances [default: as above].
    #[arg(long = "as", value_name = "DATASET")]
    pub kind: Option<PictureKind>,
    /// Frequency of the network, where its file does not say it [default: 200, as the paper's]; one that contradicts
    /// the file is an error.
    #[arg(long)]
    pub w0: Option<f64>,
    /// Engine that computes.
    #[arg(long, default_value = crate::engines::DEFAULT)]
    pub engine: String,
    /// Folder for the reconstruction, the curve and the fitted network.
    #[arg(long, default_value = "results/fit", value_name = "DIR")]
    pub out: PathBuf,
    /// Prints the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// The data sets that are made of pictures.
#[derive(Clone, Copy, ValueEnum)]
pub enum PictureKind {
    /// Resize(200), CenterCrop(178).
    Photos,
    /// As photos.
    Imagenette,
    /// CenterCrop(178).
    Celeba,
    /// Signed distances of a mask.
    Silhouettes,
}

impl PictureKind {
    /// The name of the data set.
    pub fn name(self) -> &'static str {
        match self {
            PictureKind::Photos => "photos",
            PictureKind::Imagenette => "imagenette",
            PictureKind::Celeba => "celeba",
            PictureKind::Silhouettes => "silhouettes",
        }
    }
}

/// The paper's frequency, for networks whose file does not say theirs (the authors' do not).
const ASSUMED_W0: f64 = 200.0;

/// Fits, writes the reconstruction, the curve and the fitted network, prints the PSNR.
///
/// # Errors
/// If the network, the picture or the output folder cannot be used, an option contradicts the network's file, or the
/// fit diverges.
pub fn run(args: &FitArgs) -> Result<u8> {
    ensure!(args.resolution >= 2, "--resolution {}: at least 2", args.resolution);
    let config = config(args)?;
    let (init, w0_from) = network(args)?;
    let kind = args.kind.map(|kind| datasets::kind(kind.name())).transpose()?;
    let prepared = datasets::prepare_picture(&args.image, args.resolution, kind)?;
    let target = samples(prepared.signal.clone(), &Arc::new(grid::square(args.resolution)));
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
        image: args.image.display().to_string(),
        image_px: [prepared.width, prepared.height],
        prepared_as: kind.map(|kind| kind.name),
        preparation: prepared.steps,
        used_fraction: prepared.used_fraction,
        padded_fraction: prepared.padded_fraction,
        resolution: args.resolution,
        weights: init.layout().weights(),
        w0: init.layout().siren().w0,
        w0_from,
        steps: config.steps,
        lr: config.lr,
        psnr_start_db: fitted.psnr_db[0],
        psnr_db: fitted.last_db(),
        psnr_peak_db: fitted.peak_db(),
        fit_s,
        out: args.out.display().to_string(),
    };
    screen::result(&if args.json { serde_json::to_string_pretty(&summary)? } else { summary.text() })?;
    Ok(DONE)
}

/// The initial network, and where its frequency comes from.
fn network(args: &FitArgs) -> Result<(Params<f32>, &'static str)> {
    let path = args.params.display();
    if let Some(w0) = args.w0 {
        ensure!(w0 > 0.0 && w0.is_finite(), "--w0 {w0}: a positive number is asked for");
    }
    let file = TensorFile::read(&args.params)?;
    let init: Params<f32> = file.params(args.w0.unwrap_or(ASSUMED_W0))?;
    let siren = init.layout().siren();
    let w0_from = match (file.metadata("w0"), args.w0) {
        (Some(_), Some(asked)) => {
            ensure!(
                asked == siren.w0,
                "{path}: its metadata say w0 = {}, --w0 says {asked}; leave --w0 out, or give the network that was \
                 trained at {asked}",
                siren.w0
            );
            "metadata"
        }
        (Some(_), None) => "metadata",
        (None, Some(_)) => "--w0",
        (None, None) => {
            screen::note(&format!(
                "{path}: its metadata do not say w0; {ASSUMED_W0}, the paper's, is assumed: give --w0 if it was \
                 trained at another"
            ));
            "assumed"
        }
    };
    let shape = (siren.d_in(), siren.d_out());
    ensure!(shape == (2, 3), "{path}: a network {}→{}, but a picture needs 2→3", shape.0, shape.1);
    Ok((init, w0_from))
}

fn config(args: &FitArgs) -> Result<FitConfig> {
    let (lr, steps) = match args.optimiser {
        OptimiserName::Adam => (1e-4, 100),
        OptimiserName::Sgd => (1e-2, 2),
    };
    let (lr, steps) = (args.lr.unwrap_or(lr), args.steps.unwrap_or(steps));
    ensure!(
        steps > 0 && lr > 0.0 && lr.is_finite(),
        "--steps {steps}, --lr {lr}: both must be positive numbers"
    );
    Ok(FitConfig { optimiser: args.optimiser.into(), lr, steps })
}

fn curve(psnr_db: &[f64]) -> String {
    let lines = psnr_db.iter().enumerate().map(|(step, psnr)| format!("{step},{psnr}\n"));
    std::iter::once("step,psnr_db\n".to_string()).chain(lines).collect()
}

#[derive(serde::Serialize)]
struct Summary {
    image: String,
    /// Width and height of the picture.
    image_px: [usize; 2],
    /// The data set whose test signals are made in this way, if one was named.
    prepared_as: Option<&'static str>,
    /// The steps from the picture to what was fitted.
    preparation: String,
    /// The part of the picture's area that was fitted.
    used_fraction: f64,
    /// The part of what was fitted that is padding.
    padded_fraction: f64,
    resolution: usize,
    weights: usize,
    w0: f64,
    /// `metadata`, `--w0` or `assumed`.
    w0_from: &'static str,
    steps: usize,
    lr: f64,
    psnr_start_db: f64,
    psnr_db: f64,
    psnr_peak_db: f64,
    fit_s: f64,
    out: String,
}

impl Summary {
    fn text(&self) -> String {
        let [width, height] = self.image_px;
        let padded = match self.padded_fraction > 0.0 {
            true => format!(", {:.0} % of it black padding", 100.0 * self.padded_fraction),
            false => String::new(),
        };
        format!(
            "{}: {:.2} dB after {} steps (start {:.2}, peak {:.2}; {} weights, w0 {} ({}), {:.1} s)\n\
             fitted: {:.0} % of its {width} × {height} px{padded}; {}\n\
             written to {}: reconstruction.png, target.png, curve.csv, fitted.safetensors",
            self.image,
            self.psnr_db,
            self.steps,
            self.psnr_start_db,
            self.psnr_peak_db,
            self.weights,
            self.w0,
            self.w0_from,
            self.fit_s,
            100.0 * self.used_fraction,
            self.preparation,
            self.out
        )
    }
}
