//! Tables as TeX that fit the width of an article's text, with the rules of booktabs.
//!
//! Data sets stand below each other, each under its name, so that the number of columns does not grow with them. What
//! fits on a page is a `tabularx`, whose first column takes the width that the numbers leave and breaks long names;
//! more lines are a `longtable`, which goes on over pages and repeats its head. The first line names the packages.

use super::cell::{Cell, Column, Table};
use super::text::{Line, Sheet, beside_psnr};

/// Most lines of a table that stands on one page.
const ON_A_PAGE: usize = 40;

/// Lines under a heading.
struct Block {
    title: String,
    lines: Vec<Vec<String>>,
}

impl Table {
    /// A `tabularx` or a `longtable`: data set by data set, method, budget, ours, its interval, SSIM, and the paper's.
    pub fn tex(&self) -> String {
        let has_paper = self.cells.iter().any(|cell| !cell.paper_text().is_empty());
        let stub = ["Method", "Weights", "Kept", "PSNR, dB", "95 %"].into_iter();
        let paper = has_paper.then_some("Paper");
        let head: Vec<String> =
            stub.chain(beside_psnr().map(|kind| kind.label)).chain(paper).map(String::from).collect();
        let lines = self.lines();
        let block = |(i, column): (usize, &Column)| {
            let compared = column.compare_with.as_ref().filter(|_| has_paper);
            let paper = compared.map_or(String::new(), |name| format!(" (paper: {name})"));
            let cells = lines.iter().filter_map(|line| line.cells[i].map(|cell| (line, cell)));
            let line = |(line, cell): (&Line, &Cell)| {
                let others = beside_psnr().map(|kind| cell.mean_text(kind));
                let numbers = [cell.text(), cell.interval_text()].into_iter().chain(others);
                let numbers = numbers.chain(has_paper.then(|| cell.paper_text()));
                let numbers = numbers.map(|text| if text.is_empty() { "–".into() } else { text });
                line.stub().into_iter().chain(numbers).collect()
            };
            Block { title: format!("{}{paper}", column.dataset), lines: cells.map(line).collect() }
        };
        let blocks: Vec<Block> = self.columns.iter().enumerate().map(block).collect();
        tex(&head, &blocks)
    }
}

impl Sheet {
    /// The same of a sheet whose first column names the data set.
    pub fn tex(&self) -> String {
        let of_one_set = |a: &Vec<String>, b: &Vec<String>| a.first() == b.first();
        let block = |lines: &[Vec<String>]| Block {
            title: lines[0][0].clone(),
            lines: lines.iter().map(|line| line[1..].to_vec()).collect(),
        };
        tex(&self.head[1..], &self.lines.chunk_by(of_one_set).map(block).collect::<Vec<Block>>())
    }
}

fn tex(head: &[String], blocks: &[Block]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| tex_escape(cell)).collect();
        format!("  {} \\\\\n", cells.join(" & "))
    };
    let block = |block: &Block| {
        let title = tex_escape(&block.title);
        let lines: String = block.lines.iter().map(|cells| line(cells)).collect();
        format!(
            "  \\midrule\n  \\multicolumn{{{}}}{{@{{}}l}}{{\\textit{{{title}}}}} \\\\\n{lines}",
            head.len()
        )
    };
    let body: String = blocks.iter().map(block).collect();
    let lines: usize = blocks.iter().map(|block| block.lines.len() + 1).sum();
    let (packages, begin, first, after_head, end) = match lines <= ON_A_PAGE {
        true => ("tabularx", "tabularx}{\\textwidth", "X", "", "tabularx"),
        false => ("array,longtable", "longtable", "p{0.27\\textwidth}", "  \\endhead\n", "longtable"),
    };
    let columns =
        format!("@{{}}>{{\\raggedright\\arraybackslash}}{first}{}@{{}}", "r".repeat(head.len() - 1));
    format!(
        "% needs \\usepackage{{booktabs,{packages}}}\n\\noindent{{\\footnotesize\\setlength{{\\tabcolsep}}{{3.5pt}}%\n\
         \\begin{{{begin}}}{{{columns}}}\n  \\toprule\n{}{after_head}{body}  \\bottomrule\n\\end{{{end}}}}}\n",
        line(head)
    )
}

/// Escapes the ten characters TeX reserves, and the signs of our tables.
pub fn tex_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '\\' => out.push_str("\\textbackslash{}"),
            '±' => out.push_str("$\\pm$"),
            '−' => out.push_str("$-$"),
            '–' => out.push_str("--"),
            '×' => out.push_str("$\\times$"),
            '⁻' => out.push_str("$^{-}$"),
            '²' => out.push_str("$^{2}$"),
            '³' => out.push_str("$^{3}$"),
            '⁴' => out.push_str("$^{4}$"),
            '≤' => out.push_str("$\\leq$"),
            '≥' => out.push_str("$\\geq$"),
            '→' => out.push_str("$\\to$"),
            'Δ' => out.push_str("$\\Delta$"),
            '…' => out.push_str("\\ldots{}"),
            '\u{a0}' | '\u{202f}' => out.push('~'),
            _ => out.push(c),
        }
    }
    out
}
