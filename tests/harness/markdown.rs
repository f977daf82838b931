//! Markdown files of cases: prose, headings and fenced blocks, which can be rewritten in place.

use std::path::{Path, PathBuf};

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    /// What stands behind the fence: `kql`, `input Name`, `result`, ...
    pub info: String,
    /// The lines between the fences.
    pub body: String,
    /// The heading above, all levels joined.
    pub heading: String,
    /// The heading is the file's title.
    pub title: bool,
    /// Line of the opening fence, from 1.
    pub line: usize,
    first: usize,
    last: usize,
}

/// A file of cases.
#[derive(Debug)]
pub struct Document {
    /// Where it lies.
    pub path: PathBuf,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
    lines: Vec<String>,
}

impl Document {
    /// Reads a file.
    pub fn read(path: &Path) -> Document {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut blocks = Vec::new();
        let mut heading = String::new();
        let mut title = true;
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            if line.starts_with('#') {
                heading = line.trim_start_matches('#').trim().to_owned();
                title = !line.starts_with("##");
            } else if let Some(info) = line.strip_prefix("````").or_else(|| line.strip_prefix("```")) {
                let fence: String = line.chars().take_while(|c| *c == '`').collect();
                let first = at + 1;
                let length = lines[first..].iter().position(|l| *l == fence);
                let last = first + length.unwrap_or_else(|| panic!("{}:{}: open fence", path.display(), at + 1));
                let body = lines[first..last].join("\n");
                let info = info.trim().to_owned();
                blocks.push(Block { info, body, heading: heading.clone(), title, line: at + 1, first, last });
                at = last;
            }
            at += 1;
        }
        Document { path: path.to_owned(), blocks, lines }
    }

    /// Writes the file anew with other bodies for some blocks (by their place in `blocks`).
    pub fn rewrite(&self, bodies: &[(usize, String)]) {
        let mut lines = self.lines.clone();
        let mut sorted: Vec<_> = bodies.iter().collect();
        sorted.sort_by_key(|(block, _)| std::cmp::Reverse(*block));
        for (block, body) in sorted {
            let block = &self.blocks[*block];
            lines.splice(block.first..block.last, body.lines().map(str::to_owned));
        }
        std::fs::write(&self.path, lines.join("\n") + "\n").unwrap_or_else(|e| panic!("{}: {e}", self.path.display()));
    }
}

/// The `.md` files of a folder, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("a readable folder").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "md"));
    files.sort();
    files
}

/// True when `UPDATE=1` asks for blocks to be rewritten.
pub fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|v| v == "1")
}
