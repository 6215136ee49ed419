//! Places in an object → lines of its source, from DWARF line tables.

use std::collections::HashMap;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use gimli::{
    DwarfSections, EndianSlice, LineProgramHeader, LineRow, RunTimeEndian, Section as _, SectionId,
};

use super::debug_section::{self, Layout};
use super::{Object, SectionIndex};

type Reader<'a> = EndianSlice<'a, RunTimeEndian>;

/// No path of a file system is longer (Linux: `PATH_MAX`).
const LONGEST_PATH: usize = 4096;

/// A line of a source file.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct SourceLine {
    /// The file, absolute where the compiler says its directory.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u32,
}

/// The line table of one object.
///
/// Where a macro was expanded, the line is the one that the assembler or compiler wrote down:
/// NASM 2.16 gives the line inside the macro, whose use DWARF line tables cannot express.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    layout: Layout,
    files: Vec<Arc<str>>,
    /// Sorted by address.
    rows: Vec<Row>,
}

/// From its address on, until the next row, the code is of this line.
#[derive(Debug, Clone, Copy)]
struct Row {
    address: u64,
    file: u32,
    /// 0 where no line's code follows.
    line: u32,
}

impl Lines {
    /// Reads the line table of `object`; empty where it has none.
    ///
    /// What is damaged is left out: a line is a convenience, never evidence. It reads the line
    /// programs and the first entry of each unit, nothing else of the debug information.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let layout = Layout::of(object);
        let Some((sections, endian)) = debug_section::load(object, &layout) else {
            return Self::default();
        };
        let mut builder = Builder::default();
        // An error ends the reading; the rows so far stand.
        let _ = builder.read(&sections, endian);
        builder.finish(layout)
    }

    /// The line of the byte at `offset` in `section`.
    #[must_use]
    pub fn at(&self, section: SectionIndex, offset: u64) -> Option<SourceLine> {
        let address = self.layout.address(section, offset)?;
        let after = self.rows.partition_point(|row| row.address <= address);
        let row = self.rows.get(after.checked_sub(1)?)?;
        let file = self.files.get(row.file as usize)?;
        (row.line != 0).then(|| SourceLine {
            file: Arc::clone(file),
            line: row.line,
        })
    }

    /// The source files that the table names.
    #[must_use]
    pub fn files(&self) -> &[Arc<str>] {
        &self.files
    }

    /// Whether the object has no line table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[derive(Default)]
struct Builder {
    rows: Vec<Row>,
    files: Vec<Arc<str>>,
    /// Each row takes a byte of a line program at least; a hostile file may let many units
    /// share one program.
    rows_left: usize,
}

impl Builder {
    fn read(
        &mut self,
        sections: &DwarfSections<Vec<u8>>,
        endian: RunTimeEndian,
    ) -> gimli::Result<()> {
        let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
        self.rows_left = dwarf.debug_line.reader().len();
        let mut seen = HashSet::new();
        let mut units = dwarf.units();
        while let Some(header) = units.next()? {
            let unit = dwarf.unit(header)?;
            let Some(program) = unit.line_program.clone() else {
                continue;
            };
            if seen.insert(program.header().offset().0) {
                self.read_program(&dwarf, &unit, program)?;
            }
        }
        Ok(())
    }

    fn read_program<'a>(
        &mut self,
        dwarf: &gimli::Dwarf<Reader<'a>>,
        unit: &gimli::Unit<Reader<'a>>,
        program: gimli::IncompleteLineProgram<Reader<'a>>,
    ) -> gimli::Result<()> {
        let mut known = HashMap::new();
        let mut first = self.rows.len();
        let mut rows = program.rows();
        while let Some((header, row)) = rows.next_row()? {
            let Some(left) = self.rows_left.checked_sub(1) else {
                return Ok(());
            };
            self.rows_left = left;
            if row.end_sequence() {
                // What begins where the sequence ends is no byte of it.
                let end = row.address();
                let of_bytes = self.rows[first..].partition_point(|row| row.address < end);
                self.rows.truncate(first + of_bytes);
                first += of_bytes + 1;
            }
            let file = match known.get(&row.file_index()) {
                Some(file) => *file,
                None => {
                    let file = self.add_file(path(dwarf, unit, header, row).unwrap_or_default());
                    known.insert(row.file_index(), file);
                    file
                }
            };
            self.rows.push(Row {
                address: row.address(),
                file,
                line: line(row),
            });
        }
        Ok(())
    }

    fn add_file(&mut self, path: String) -> u32 {
        let index = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(path.into());
        index
    }

    fn finish(mut self, layout: Layout) -> Lines {
        // A sequence may begin where another ends, so ends go first; the sort is stable, and
        // of several rows at one address the last holds.
        self.rows.sort_by_key(|row| (row.address, row.line != 0));
        Lines {
            layout,
            files: self.files,
            rows: self.rows,
        }
    }
}

fn line(row: &LineRow) -> u32 {
    if row.end_sequence() {
        return 0;
    }
    row.line()
        .and_then(|line| u32::try_from(line.get()).ok())
        .unwrap_or(0)
}

/// The path of the row's file: DWARF 5, section 6.2.4.
fn path<'a>(
    dwarf: &gimli::Dwarf<Reader<'a>>,
    unit: &gimli::Unit<Reader<'a>>,
    header: &LineProgramHeader<Reader<'a>>,
    row: &LineRow,
) -> Option<String> {
    let file = row.file(header)?;
    let text = |value| {
        let text = dwarf.attr_string(unit, value).ok()?;
        Some(text.to_string_lossy().into_owned())
    };
    let mut path = working_directory(dwarf, unit).unwrap_or_default();
    // Before DWARF 5, number 0 stands for the working directory itself.
    if (file.directory_index() != 0 || header.version() >= 5)
        && let Some(directory) = file.directory(header).and_then(text)
    {
        path.push(directory);
    }
    path.push(text(file.path_name())?);
    let path = path.to_string_lossy().into_owned();
    (path.len() <= LONGEST_PATH).then_some(path)
}

/// The directory that relative names start from: `DW_AT_comp_dir`, but not NASM's.
///
/// NASM 2.16 writes the directory of the source there, and names relative to the working
/// directory: for `nasm asm/boot.asm` in `/k`, `/k/asm/` and `asm/boot.asm`.
fn working_directory<'a>(
    dwarf: &gimli::Dwarf<Reader<'a>>,
    unit: &gimli::Unit<Reader<'a>>,
) -> Option<PathBuf> {
    let directory = PathBuf::from(&*unit.comp_dir?.to_string_lossy());
    if !is_by_nasm(dwarf, unit).unwrap_or(false) {
        return Some(directory);
    }
    let name = PathBuf::from(&*unit.name?.to_string_lossy());
    let inner = name.parent()?;
    if !directory.ends_with(inner) {
        return Some(directory);
    }
    let levels = inner.components().count();
    directory.ancestors().nth(levels).map(PathBuf::from)
}

fn is_by_nasm<'a>(
    dwarf: &gimli::Dwarf<Reader<'a>>,
    unit: &gimli::Unit<Reader<'a>>,
) -> Option<bool> {
    let mut entries = unit.entries();
    let root = entries.next_dfs().ok()??;
    let producer = root.attr_value(gimli::DW_AT_producer)?;
    let producer = dwarf.attr_string(unit, producer).ok()?;
    Some(producer.to_string_lossy().starts_with("NASM"))
}

/// The sections that a line table is spread over.
pub(super) const SECTIONS: [SectionId; 7] = [
    SectionId::DebugAddr,
    SectionId::DebugInfo,
    SectionId::DebugAbbrev,
    SectionId::DebugLine,
    SectionId::DebugLineStr,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
];
