//! `cargo xtask page FILE.html …`: a report as a browser shows it.
//!
//! A copy of the page, with a line of script that reports its size, is loaded in frames of 390 and 1,400 px by
//! headless Chromium, once for each colour scheme. The page must not be wider than its frame (tables and figures
//! scroll inside their boxes), must follow the scheme, and nothing may reach the console. Where there is no
//! Chromium this says so and passes: no gate depends on a browser.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::private;
use crate::process::failure;

/// Names of the browser, in the order they are tried.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
/// Widths of the frames, CSS pixels: a telephone, a desk.
const WIDTHS: &[usize] = &[390, 1400];
/// Colour schemes by Chromium's number.
const SCHEMES: &[(&str, u8)] = &[("dark", 0), ("light", 1)];

/// Sent by the page to the frame's owner.
const REPORTER: &str = "<script>addEventListener('load', () => {
const page = document.documentElement, wide = page.clientWidth;
const out = [...document.body.querySelectorAll('*')].filter(e =>
  !e.closest('.box') && Math.max(e.scrollWidth, e.getBoundingClientRect().right) > wide + 1);
const dark = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
parent.postMessage([wide, page.scrollWidth, dark, out.slice(-3).map(e => e.tagName + '.' + e.className).join(' ')].join(','), '*');
});</script>";

/// What a frame reported.
#[derive(Debug, PartialEq)]
struct Measured {
    wide: usize,
    scroll: usize,
    scheme: String,
    sticking_out: String,
}

/// Checks every page and prints what was measured.
pub fn run(files: &[OsString]) -> ExitCode {
    if files.is_empty() {
        return failure("which page? cargo xtask page results/table1/index.html");
    }
    let Some(browser) = browser() else {
        println!("page: skipped, there is no {} on the PATH", BROWSERS.join(", "));
        return ExitCode::SUCCESS;
    };
    let mut wrong = 0;
    for file in files {
        for &(scheme, number) in SCHEMES {
            match look(browser, Path::new(file), number) {
                Ok((frames, console)) => wrong += report(Path::new(file), scheme, &frames, &console),
                Err(advice) => return failure(&advice),
            }
        }
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn browser() -> Option<&'static str> {
    let there = |name: &&&str| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    BROWSERS.iter().find(there).copied()
}

/// Prints a line a frame; the number of things that are wrong.
fn report(file: &Path, scheme: &str, frames: &[Measured], console: &[String]) -> usize {
    let mut wrong = 0;
    let mut say = |good: bool, what: String| {
        wrong += usize::from(!good);
        println!("{} {} {scheme}: {what}", if good { "ok   " } else { "WRONG" }, file.display());
    };
    for &width in WIDTHS {
        match frames.iter().find(|frame| frame.wide.abs_diff(width) <= SCROLLBAR) {
            None => say(false, format!("{width} px: the page did not load")),
            Some(frame) if frame.scheme != scheme => {
                say(false, format!("{width} px: shown {}", frame.scheme))
            }
            Some(Measured { wide, scroll, sticking_out, .. }) => {
                let culprits = if sticking_out.is_empty() || scroll <= wide {
                    String::new()
                } else {
                    format!("; beyond it: {sticking_out}")
                };
                say(scroll <= wide, format!("{width} px: {scroll} px of content in {wide}{culprits}"));
            }
        }
    }
    console.iter().for_each(|line| say(false, format!("console: {line}")));
    wrong
}

/// A vertical scroll bar takes at most so many pixels of a frame.
const SCROLLBAR: usize = 20;

/// Loads the page in its frames; what they reported, and what reached the console.
fn look(browser: &str, file: &Path, scheme: u8) -> Result<(Vec<Measured>, Vec<String>), String> {
    let page = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let folder = private::folder("xtask-page")?;
    let made = write(&folder, &page);
    let output = made.and_then(|probe| {
        Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--enable-logging=stderr", "--virtual-time-budget=10000", "--window-size=1500,1200"])
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .arg(joined("--user-data-dir=", &folder.join("profile")))
            .arg("--dump-dom")
            .arg(url(&probe))
            .output()
            .map_err(|error| format!("cannot start {browser}: {error}"))
    });
    let _ = fs::remove_dir_all(&folder); // left behind in the temporary folder if the browser still holds it
    let output = output?;
    let console = String::from_utf8_lossy(&output.stderr);
    let console = console.lines().filter(|line| line.contains(":CONSOLE")).map(String::from).collect();
    Ok((measured(&String::from_utf8_lossy(&output.stdout)), console))
}

/// An option with a path, which need not be UTF-8.
fn joined(option: &str, path: &Path) -> OsString {
    let mut word = OsString::from(option);
    word.push(path);
    word
}

/// The address of a file: every byte that an address has another use for, or that is no ASCII, in hexadecimal.
fn url(path: &Path) -> String {
    let letter = |&byte: &u8| match byte {
        b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().map(letter).fold("file://".into(), |url, letter| url + &letter)
}

/// The copy with the reporter, and the probe that frames it.
fn write(folder: &Path, page: &str) -> Result<PathBuf, String> {
    let named = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::write(folder.join("page.html"), page.replacen("</body>", &format!("{REPORTER}</body>"), 1))
        .map_err(named)?;
    let frames: String = WIDTHS
        .iter()
        .map(|width| {
            format!("<iframe src=\"page.html\" style=\"border:0;width:{width}px;height:900px\"></iframe>\n")
        })
        .collect();
    let probe = format!(
        "<!doctype html><meta name=\"color-scheme\" content=\"light dark\"><pre></pre>\n<script>addEventListener('message', e => {{\n\
         document.querySelector('pre').append('frame ' + e.data + '\\n') }});</script>\n{frames}"
    );
    fs::write(folder.join("probe.html"), probe).map_err(named)?;
    Ok(folder.join("probe.html"))
}

/// The lines `frame WIDTH,SCROLL,SCHEME,ELEMENTS` of the dumped document.
fn measured(dom: &str) -> Vec<Measured> {
    let line = |line: &str| {
        let mut parts = line.trim_start_matches("<pre>").strip_prefix("frame ")?.splitn(4, ',');
        let mut number = || parts.next()?.parse().ok();
        let (wide, scroll) = (number()?, number()?);
        let mut word = || parts.next().map(|word| word.trim_end_matches("</pre>").to_string());
        Some(Measured { wide, scroll, scheme: word()?, sticking_out: word()? })
    };
    dom.lines().flat_map(|text| text.split("<pre>")).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(wide: usize, scroll: usize) -> Measured {
        Measured { wide, scroll, scheme: "dark".into(), sticking_out: String::new() }
    }

    #[test]
    fn frames_are_read_from_the_document() {
        let dom = "<html><body><pre>frame 390,390,dark,\nframe 1400,1412,dark,DIV.wide\n</pre>";
        let wide = Measured { sticking_out: "DIV.wide".into(), ..frame(1400, 1412) };
        assert_eq!(measured(dom), [frame(390, 390), wide]);
    }

    #[test]
    fn an_address_takes_any_path() {
        assert_eq!(url(Path::new("/tmp/a b/100%#1?/page.html")), "file:///tmp/a%20b/100%25%231%3F/page.html");
        assert_eq!(url(Path::new("/caf\u{e9}")), "file:///caf%C3%A9");
    }

    #[test]
    fn what_is_too_wide_absent_of_the_other_scheme_or_on_the_console_is_wrong() {
        let file = Path::new("a.html");
        let good = || vec![frame(390, 390), frame(1385, 1385)];
        assert_eq!(report(file, "dark", &good(), &[]), 0);
        assert_eq!(report(file, "light", &good(), &[]), 2);
        assert_eq!(report(file, "dark", &good()[..1], &[]), 1);
        assert_eq!(report(file, "dark", &[frame(390, 391), frame(1400, 1400)], &[]), 1);
        assert_eq!(report(file, "dark", &good(), &["an error".into()]), 1);
    }
}
