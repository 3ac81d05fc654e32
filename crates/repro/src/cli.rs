//! The command line: what can be asked of the binary, and which module answers.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::bench::environment::PeerName;
use crate::golden::{Golden, Precision, Tolerances};
use crate::screen;
use crate::spec::OptimiserName;

/// Everything went as asked.
pub const DONE: u8 = 0;
/// Finished, but rows failed.
pub const FAILED_ROWS: u8 = 3;
/// A claim (`--strict`) or a tolerance does not hold.
pub const DOES_NOT_HOLD: u8 = 4;
/// Stopped by the person; state saved.
pub const STOPPED: u8 = 130;

/// Meta-learned sparse implicit neural representations: experiments, fits, golden trajectories.
#[derive(Parser)]
#[command(name = "cargo xtask repro", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs an experiment of experiments/NAME.toml: table, plots, report.
    Run(RunArgs),
    /// Fits one picture from an initial network.
    Fit(FitArgs),
    /// Replays a golden trajectory and prints how far this program is from it.
    Golden(GoldenArgs),
    /// Times an engine, alone or in turns with PyTorch, JAX, SparseProp.
    Bench(BenchArgs),
    /// Compares two records row by row; exit code 4 if they differ, 1 if nothing can be compared.
    Cmp(CmpArgs),
    /// Lists experiments, data sets and engines.
    List,
    /// Which data sets are here, whether their files are sound, what their signals look like.
    #[command(subcommand)]
    Data(DataCommand),
}

/// `data …`.
#[derive(Subcommand)]
pub enum DataCommand {
    /// Each data set: found or not, counts, fingerprint, licence, the script that gets it.
    List(DataListArgs),
    /// Decodes every file of a data set and lists what is damaged; exit code 1 if anything is.
    Verify(VerifyArgs),
    /// Writes a contact sheet of preprocessed signals.
    Preview(PreviewArgs),
}

/// `data list`.
#[derive(Args)]
pub struct DataListArgs {
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// `data verify`.
#[derive(Args)]
pub struct VerifyArgs {
    /// Data set.
    pub name: String,
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// `data preview`.
#[derive(Args)]
pub struct PreviewArgs {
    /// Data set.
    pub name: String,
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Signals of each part, spread over classes or categories.
    #[arg(long, default_value_t = 18, value_name = "N")]
    pub signals: usize,
    /// Side of a signal in pixels [default: 178, or the largest there is].
    #[arg(long, value_name = "PX")]
    pub side: Option<usize>,
    /// Sheet to write [default: results/preview-NAME.png].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `cmp`.
#[derive(Args)]
struct CmpArgs {
    /// measurements.csv, signals.csv or another table of one record; of a folder, its measurements.csv.
    a: PathBuf,
    /// The same of the other record.
    b: PathBuf,
    /// Decibels that a number in dB (psnr…, …_db) may differ by.
    #[arg(long, default_value_t = 0.0, value_name = "DB", value_parser = tolerance)]
    tol: f64,
    /// Share of the larger that another measure (ssim, iou, chamfer, sdf_…) may differ by; counts must be equal,
    /// timings (…_s, …_ms), run ids and origins are not compared.
    #[arg(long, default_value_t = 1e-6, value_name = "SHARE", value_parser = tolerance)]
    rel: f64,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "not a finite number of at least 0".into())
}

/// What can be timed.
#[derive(Clone, Copy, ValueEnum)]
pub enum Subject {
    /// Gradients, Adam steps and exact meta-gradients.
    Engine,
}

/// `bench`.
#[derive(Args)]
pub struct BenchArgs {
    /// What is timed.
    pub subject: Subject,
    /// Only the small cases.
    #[arg(long)]
    pub quick: bool,
    /// In turns with other programs, each installed once from PyPI (needs python3; sparseprop a C++ compiler too)
    /// [without names: torch].
    #[arg(long, value_name = "NAMES", num_args = 0..=1, value_delimiter = ',', default_missing_value = "torch")]
    pub peers: Option<Vec<PeerName>>,
    /// Rounds: in each, every side of a case is timed in turns.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Only cases whose name matches.
    #[arg(long, value_name = "REGEX")]
    pub only: Option<String>,
    /// Engine that is timed.
    #[arg(long, default_value = crate::engines::DEFAULT)]
    pub engine: String,
    /// Network whose mask and weights the cases of its width begin from: safetensors, ours or the authors'
    /// [default: a freshly initialised one].
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// CSV to write; JSON with the machine and a figure are written beside it.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    pub json: bool,
}

/// `repro NAME`.
#[derive(Args, Clone)]
pub struct RunArgs {
    /// Name of the experiment, e.g. table1; `all`: every one, and a page of all.
    pub name: String,
    /// smoke (CI), desk (two cores) or paper.
    #[arg(long, default_value = "desk")]
    pub profile: String,
    /// Folder that holds the data sets' folders; the shipped sets are found without it.
    #[arg(long, value_name = "DIR")]
    pub data_root: Option<PathBuf>,
    /// Data sets, instead of the experiment's.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub datasets: Option<Vec<String>>,
    /// Number of seeds, instead of the experiment's.
    #[arg(long, value_name = "N")]
    pub seeds: Option<usize>,
    /// Engine that computes; `repro list` names them.
    #[arg(long, default_value = crate::engines::DEFAULT)]
    pub engine: String,
    /// Replaces one key of the experiment, e.g. meta.outer_lr=1e-4; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Only cells whose name (as --dry-run prints it) matches.
    #[arg(long, value_name = "REGEX")]
    pub only: Option<String>,
    /// Folder for runs, tables, plots.
    #[arg(long, default_value = "results", value_name = "DIR")]
    pub out: PathBuf,
    /// Prints the plan and computes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the table as JSON.
    #[arg(long)]
    pub json: bool,
    /// Exit code 4 if a claim does not hold.
    #[arg(long)]
    pub strict: bool,
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

/// `golden`.
#[derive(Args)]
struct GoldenArgs {
    /// Folder of the trajectory.
    dir: PathBuf,
    /// Engine that computes.
    #[arg(long, default_value = crate::engines::DEFAULT)]
    engine: String,
    /// Precision to compute in [default: the trajectory's].
    #[arg(long)]
    precision: Option<Precision>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Allowed relative deviation of losses.
    #[arg(long, value_name = "X")]
    tol_losses: Option<f64>,
    /// Allowed relative deviation of the first meta-gradient, per leaf.
    #[arg(long, value_name = "X")]
    tol_gradient: Option<f64>,
    /// Allowed relative deviation of parameters, per leaf.
    #[arg(long, value_name = "X")]
    tol_params: Option<f64>,
    /// Allowed deviation of PSNR wherever it is judged, dB.
    #[arg(long, value_name = "DB")]
    tol_psnr: Option<f64>,
    /// Allowed number of differing mask entries.
    #[arg(long, value_name = "N")]
    tol_masks: Option<f64>,
}

/// Does what the command line asks; returns the exit code.
///
/// # Errors
/// Whatever the command meets; the message says what to do next.
pub fn run(cli: Cli) -> Result<u8> {
    match cli.command {
        Command::Run(args) => crate::run::run(&args),
        Command::Fit(args) => crate::single::run(&args),
        Command::Golden(args) => golden(&args),
        Command::Bench(args) => crate::bench::run(&args),
        Command::Cmp(args) => cmp(&args),
        Command::List => list(),
        Command::Data(command) => crate::inspect::run(&command),
    }
}

fn cmp(args: &CmpArgs) -> Result<u8> {
    let tolerance = crate::cmp::Tolerance { decibels: args.tol, relative: args.rel };
    let comparison = crate::cmp::compare(&args.a, &args.b, tolerance)?;
    screen::result(&match args.json {
        true => serde_json::to_string_pretty(&comparison)?,
        false => comparison.text(tolerance),
    })?;
    Ok(if comparison.agrees() { DONE } else { DOES_NOT_HOLD })
}

/// Folders a data set is looked for in: the one named, then the shipped one.
pub fn data_roots(named: Option<&Path>) -> Result<Vec<PathBuf>> {
    if let Some(root) = named {
        anyhow::ensure!(root.is_dir(), "--data-root {}: no such folder", root.display());
    }
    Ok(named.map(Path::to_path_buf).into_iter().chain([workspace().join("data")]).collect())
}

/// The folder of the workspace this binary was built from; the current folder if that is gone.
pub fn workspace() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    built.canonicalize().unwrap_or_else(|_| PathBuf::from("."))
}

fn golden(args: &GoldenArgs) -> Result<u8> {
    let golden = Golden::open(&args.dir)?;
    let precision = args.precision.unwrap_or(golden.precision());
    let mut tolerances = Tolerances::of(precision, golden.width());
    for given in [args.tol_losses, args.tol_gradient, args.tol_params, args.tol_psnr, args.tol_masks] {
        anyhow::ensure!(given.is_none_or(|x| x >= 0.0), "a tolerance is a number from 0 on, not {given:?}");
    }
    set(&mut tolerances.losses, args.tol_losses);
    set(&mut tolerances.meta_gradient, args.tol_gradient);
    set(&mut tolerances.params, args.tol_params);
    if let Some(db) = args.tol_psnr {
        tolerances.fits = tolerances.fits.with(db);
        tolerances.replayed_fits = tolerances.replayed_fits.with(db);
    }
    set(&mut tolerances.mask_entries, args.tol_masks);
    let progress = screen::Progress::new(1.0);
    progress.begin(&format!("replay {}", args.dir.display()), 1.0);
    let report = |done: usize, all: usize| progress.step(done as u64, all as u64, f64::NAN);
    let deviations = match precision {
        Precision::F32 => golden.replay(crate::engines::single(&args.engine)?.as_ref(), &tolerances, &report),
        Precision::F64 => golden.replay(crate::engines::double(&args.engine)?.as_ref(), &tolerances, &report),
    };
    progress.clear();
    let deviations = deviations.with_context(|| format!("golden trajectory {}", args.dir.display()))?;
    let (logged, in_precision) = (golden.precision().name(), precision.name());
    let heading = format!("{} ({logged}) on {} in {in_precision}", args.dir.display(), args.engine);
    let contents = golden.contents();
    match args.json {
        true => {
            screen::note(&contents);
            screen::result(&serde_json::to_string_pretty(&deviations)?)?;
        }
        false => screen::result(&screen::golden_table(&format!("{heading}\n{contents}"), &deviations))?,
    }
    Ok(if deviations.iter().all(|d| d.holds()) { DONE } else { DOES_NOT_HOLD })
}

fn set(tolerance: &mut f64, flag: Option<f64>) {
    if let Some(value) = flag {
        *tolerance = value;
    }
}

fn list() -> Result<u8> {
    let names = crate::spec::names(&workspace().join("experiments"));
    screen::result(&format!("experiments  {}", names.join(", ")))?;
    screen::result(&format!("engines      {}", crate::engines::names().join(", ")))?;
    for name in crate::engines::not_built() {
        screen::result(&format!("engine       {name}: built when a command asks for it (--engine {name})"))?;
    }
    for kind in datasets::KINDS {
        let shipped = if kind.shipped { "ships with the repository" } else { kind.how_to_get };
        screen::result(&format!(
            "data set     {:<12} {} ({}); {shipped}",
            kind.name, kind.title, kind.licence
        ))?;
    }
    Ok(DONE)
}
