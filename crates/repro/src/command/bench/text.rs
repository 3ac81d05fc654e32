//! What was measured as a table for a person and as CSV.

use super::case::What;
use super::environment::PeerName;
use super::measured::Measured;

/// Peers that have columns of their own behind PyTorch's, where they were asked.
const OTHERS: [PeerName; 2] = [PeerName::Jax, PeerName::Sparseprop];

/// Facts about the machine, and a line a case and peer.
pub fn table(machine: &[(String, String)], measured: &[Measured]) -> String {
    let mut text = String::new();
    for (key, value) in machine {
        text += &format!("{key:<28} {value}\n");
    }
    text += &format!(
        "\n{:<27} {:>9} {:>9} {:>8} {:>6} {:>8} {:>10} {:>10} {:>7} {:>7} {:>11} {:>9}\n",
        "case",
        "least ms",
        "median",
        "GFLOP/s",
        "peak %",
        "threads",
        "peer",
        "peer ms",
        "ratio",
        "median",
        "its loss",
        "off by"
    );
    for m in measured {
        let peak = m.peak_percent.map_or("–".into(), |p| format!("{p:.1}"));
        let scaling = format!("{:.2}×", m.scaling());
        let ours = format!(
            "{:<27} {:>9.3} {:>9.3} {:>8.1} {peak:>6} {scaling:>8}",
            m.case, m.ours.min_ms, m.ours.median_ms, m.gflops
        );
        if m.peers.is_empty() {
            text += &format!("{ours}\n");
        }
        for (k, peer) in m.peers.iter().enumerate() {
            let [ratio, median] = m.ratios(peer).map(|ratio| format!("{ratio:.2}×"));
            let first = if k == 0 { ours.as_str() } else { "" };
            text += &format!(
                "{first:<72} {:>10} {:>10.2} {ratio:>7} {median:>7} {:>11.7} {:>9.0e}\n",
                peer.name.to_string(),
                peer.times.min_ms,
                peer.loss,
                peer.loss_deviation
            );
        }
    }
    text + "\nratio: the peer's least time over ours; median: of the medians; threads: one thread's time over all threads'\n"
}

/// A line a case; columns of PyTorch always, of the other peers where one of them was measured.
pub fn csv(measured: &[Measured]) -> String {
    let others: Vec<PeerName> =
        OTHERS.into_iter().filter(|&name| measured.iter().any(|m| m.beside(name).is_some())).collect();
    let mut text = String::from(
        "case,what,width,side,density,weights,min_ms,median_ms,one_thread_min_ms,gflops,peak_percent,\
         peer_min_ms,peer_median_ms,ratio_min,ratio_median,loss,loss_deviation",
    );
    for name in &others {
        for column in ["min_ms", "median_ms", "ratio_min", "ratio_median", "loss", "loss_deviation"] {
            text += &format!(",{name}_{column}");
        }
    }
    text += "\n";
    let optional = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.6e}"));
    for m in measured {
        let what = match m.shape.what {
            What::Gradient => "gradient",
            What::Adam => "adam",
            What::Maml => "maml",
        };
        let times = |name: PeerName| -> [Option<f64>; 4] {
            let of = |peer| {
                let [ratio, median] = m.ratios(peer);
                [peer.times.min_ms, peer.times.median_ms, ratio, median].map(Some)
            };
            m.beside(name).map_or([None; 4], of)
        };
        let torch = times(PeerName::Torch).map(optional).join(",");
        text += &format!(
            "{},{what},{},{},{},{},{:.5},{:.5},{:.5},{:.2},{},{torch},{:.9e},{}",
            m.case,
            m.shape.width,
            m.shape.side,
            m.shape.density,
            m.weights,
            m.ours.min_ms,
            m.ours.median_ms,
            m.one_thread.min_ms,
            m.gflops,
            optional(m.peak_percent),
            m.loss,
            optional(m.beside(PeerName::Torch).map(|peer| peer.loss_deviation))
        );
        for &name in &others {
            let peer = m.beside(name);
            let loss = peer.map_or(String::new(), |peer| format!("{:.9e}", peer.loss));
            let deviation = optional(peer.map(|peer| peer.loss_deviation));
            text += &format!(",{},{loss},{deviation}", times(name).map(optional).join(","));
        }
        text += "\n";
    }
    text
}
