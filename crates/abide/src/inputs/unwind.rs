//! Unwind tables: how a debugger or an exception finds the caller's frame, from `.eh_frame`.
//!
//! DWARF 5, 6.4 (the rules), with each ABI's numbers of registers. The tables are taken as they
//! stand: whether they are true of the code is a rule's matter.

mod numbers;

use gimli::{
    BaseAddresses, CfaRule, CieOrFde, EhFrame, EndianSlice, Expression, Operation, RegisterRule,
    RunTimeEndian, UnwindContext, UnwindExpression, UnwindSection, UnwindTable, UnwindTableRow,
};

use super::debug_section::{self, Layout};
use super::{Object, SectionIndex};
use crate::registers::Register;
use numbers::Numbers;

type Reader<'a> = EndianSlice<'a, RunTimeEndian>;
type Row<'a> = UnwindTableRow<usize>;

/// The longest expression that is taken in; a compiler's have less than ten steps.
const LONGEST_EXPRESSION: usize = 64;

/// The unwind table of one object.
#[derive(Debug, Clone, Default)]
pub struct Unwind {
    layout: Layout,
    /// Sorted by address; they do not overlap.
    rows: Vec<UnwindRow>,
    /// The bytes of a return address.
    word: u8,
}

/// What the table says of a stretch of instructions: the state before each of them runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnwindRow {
    start: u64,
    end: u64,
    /// Where the canonical frame address is: SP before the caller's `call` pushed.
    pub frame: CanonicalFrame,
    /// Where the caller's registers are; one that is not named here has not changed.
    pub saved: Vec<(Register, Saved)>,
    /// Where the return address is.
    pub return_address: Saved,
    /// Who says so.
    pub teller: Teller,
}

/// Who says what an unwinder finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// `.eh_frame`.
    Dwarf,
    /// `.pdata`.
    Windows,
    /// A handler that `.pdata` names: the table itself tells nothing.
    Handler,
    /// Nobody: Microsoft's unwinder takes it that nothing has changed.
    Nobody,
}

/// How the canonical frame address (CFA) is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CanonicalFrame {
    /// A register and a number, in bytes.
    Offset(Register, i64),
    /// A computation.
    Computed(Vec<Step>),
    /// In a way that is not read.
    Unread,
}

/// Where the caller's value of a register is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// Nowhere: it is lost, or the end of the stack is here.
    Lost,
    /// In the register itself.
    Same,
    /// In memory, so many bytes from the CFA.
    At(i64),
    /// It is the CFA plus so many bytes.
    Is(i64),
    /// In another register.
    In(Register),
    /// In memory, at the address that a computation gives.
    AtComputed(Vec<Step>),
    /// It is what a computation gives.
    Computed(Vec<Step>),
    /// In a way that is not read.
    Unread,
}

/// A step of a DWARF expression: what it does with the stack of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Pushes a register plus a number.
    Register(Register, i64),
    /// Pushes a number.
    Number(i64),
    /// Adds a number to the top.
    Add(i64),
    /// Replaces the top by what stands at that address, so many bytes of it.
    Load(u8),
    /// Replaces the two on top by their sum.
    Sum,
    /// Replaces the two on top by the second less the first.
    Difference,
    /// Replaces the two on top by their product.
    Product,
    /// Replaces the two on top by the second, shifted left by the first.
    ShiftLeft,
    /// Replaces the two on top by their bits in common.
    And,
}

impl UnwindRow {
    /// The number of bytes that it speaks of.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it speaks of no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One that tells nothing of the caller's frame.
    pub(super) const fn unread() -> Self {
        Self {
            start: 0,
            end: 0,
            frame: CanonicalFrame::Unread,
            saved: Vec::new(),
            return_address: Saved::Unread,
            teller: Teller::Dwarf,
        }
    }
}

impl Unwind {
    /// Reads `.eh_frame` of `object`; empty where it has none.
    ///
    /// What is damaged is left out, and what stands before it is kept.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let Some(numbers) = object.instruction_set.map(Numbers::of) else {
            return Self::default();
        };
        let layout = Layout::of(object);
        let mut rows = Vec::new();
        for section in (0..).map(SectionIndex).zip(&object.sections) {
            if section.1.name == ".eh_frame"
                && let Some((data, endian)) = debug_section::relocated(object, section.0, &layout)
            {
                let start = layout.address(section.0, 0).unwrap_or(0);
                // An error ends the reading; the rows so far stand.
                let _ = Reading::new(&data, endian, numbers).rows(start, &mut rows);
            }
        }
        rows.sort_by_key(|row: &UnwindRow| row.start);
        rows.dedup_by(|next, row| next.start < row.end);
        Self {
            layout,
            rows,
            word: numbers.word,
        }
    }

    /// What the table says of the instruction at `offset` in `section`.
    #[must_use]
    pub fn at(&self, section: SectionIndex, offset: u64) -> Option<&UnwindRow> {
        let address = self.layout.address(section, offset)?;
        let after = self.rows.partition_point(|row| row.start <= address);
        let row = self.rows.get(after.checked_sub(1)?)?;
        (address < row.end).then_some(row)
    }

    /// Whether the table says that at `offset` in `section` a function was just called: the
    /// return address lies on top of the stack, and nothing has changed.
    #[must_use]
    pub fn begins_function(&self, section: SectionIndex, offset: u64) -> bool {
        let address = self.layout.address(section, offset);
        let word = i64::from(self.word);
        self.at(section, offset).is_some_and(|row| {
            Some(row.start) == address
                && row.frame == CanonicalFrame::Offset(Register::RSP, word)
                && row.return_address == Saved::At(-word)
                && row.saved.is_empty()
        })
    }

    /// Whether the object has no unwind table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The table of one section on its way to rows.
struct Reading<'a> {
    section: EhFrame<Reader<'a>>,
    numbers: Numbers,
    /// A row takes a byte of the table at least.
    most_rows: usize,
}

impl<'a> Reading<'a> {
    fn new(data: &'a [u8], endian: RunTimeEndian, numbers: Numbers) -> Self {
        let mut section = EhFrame::new(data, endian);
        section.set_address_size(numbers.word);
        Self {
            section,
            numbers,
            most_rows: data.len(),
        }
    }

    fn rows(&self, start: u64, rows: &mut Vec<UnwindRow>) -> gimli::Result<()> {
        let bases = BaseAddresses::default().set_eh_frame(start);
        let mut context = UnwindContext::new();
        let mut entries = self.section.entries(&bases);
        let mut left = self.most_rows;
        while let Some(entry) = entries.next()? {
            let CieOrFde::Fde(partial) = entry else {
                continue;
            };
            let entry = partial.parse(EhFrame::cie_from_offset)?;
            let mut table = UnwindTable::new(&self.section, &bases, &mut context, &entry)?;
            while let Some(row) = table.next_row()? {
                let Some(fewer) = left.checked_sub(1) else {
                    return Ok(());
                };
                left = fewer;
                if row.start_address() < row.end_address() {
                    rows.push(self.row(row));
                }
            }
        }
        Ok(())
    }

    fn row(&self, row: &Row<'_>) -> UnwindRow {
        let frame = match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => {
                match self.numbers.general(*register) {
                    Some(register) => CanonicalFrame::Offset(register, *offset),
                    None => CanonicalFrame::Unread,
                }
            }
            CfaRule::Expression(expression) => match self.steps(expression, None) {
                Some(steps) => CanonicalFrame::Computed(steps),
                None => CanonicalFrame::Unread,
            },
        };
        let mut saved = Vec::new();
        let mut return_address = Saved::Same;
        for (register, rule) in row.registers() {
            let place = self.saved_by(&frame, rule);
            if register.0 == self.numbers.return_address {
                return_address = place;
            } else if let Some(register) = self.numbers.general(*register) {
                saved.push((register, place));
            }
        }
        saved.sort_by_key(|&(register, _)| register);
        UnwindRow {
            start: row.start_address(),
            end: row.end_address(),
            frame,
            saved,
            return_address,
            teller: Teller::Dwarf,
        }
    }

    fn saved_by(&self, frame: &CanonicalFrame, rule: &RegisterRule<usize>) -> Saved {
        match rule {
            RegisterRule::Undefined => Saved::Lost,
            RegisterRule::SameValue => Saved::Same,
            RegisterRule::Offset(offset) => Saved::At(*offset),
            RegisterRule::ValOffset(offset) => Saved::Is(*offset),
            RegisterRule::Register(register) => {
                let register = self.numbers.general(*register);
                register.map_or(Saved::Unread, Saved::In)
            }
            RegisterRule::Expression(expression) => {
                let steps = self.steps(expression, Some(frame));
                steps.map_or(Saved::Unread, Saved::AtComputed)
            }
            RegisterRule::ValExpression(expression) => {
                let steps = self.steps(expression, Some(frame));
                steps.map_or(Saved::Unread, Saved::Computed)
            }
            _ => Saved::Unread,
        }
    }

    /// The steps of an expression; the rules of registers start from the CFA (DWARF 5, 6.4.2.3).
    fn steps(
        &self,
        expression: &UnwindExpression<usize>,
        frame: Option<&CanonicalFrame>,
    ) -> Option<Vec<Step>> {
        let mut steps = match frame {
            None => Vec::new(),
            Some(CanonicalFrame::Offset(register, offset)) => {
                vec![Step::Register(*register, *offset)]
            }
            Some(CanonicalFrame::Computed(steps)) => steps.clone(),
            Some(CanonicalFrame::Unread) => return None,
        };
        let expression: Expression<Reader<'_>> = expression.get(&self.section).ok()?;
        let encoding = gimli::Encoding {
            address_size: self.numbers.word,
            format: gimli::Format::Dwarf32,
            version: 5,
        };
        let mut operations = expression.operations(encoding);
        while let Some(operation) = operations.next().ok()? {
            if steps.len() >= LONGEST_EXPRESSION {
                return None;
            }
            steps.push(self.step(&operation)?);
        }
        Some(steps)
    }

    fn step(&self, operation: &Operation<Reader<'_>>) -> Option<Step> {
        Some(match *operation {
            Operation::RegisterOffset {
                register, offset, ..
            } => Step::Register(self.numbers.general(register)?, offset),
            Operation::UnsignedConstant { value } => Step::Number(value as i64),
            Operation::SignedConstant { value } => Step::Number(value),
            Operation::PlusConstant { value } => Step::Add(value as i64),
            Operation::Deref { size, .. } => Step::Load(size),
            Operation::Plus => Step::Sum,
            Operation::Minus => Step::Difference,
            Operation::Mul => Step::Product,
            Operation::Shl => Step::ShiftLeft,
            Operation::And => Step::And,
            Operation::Nop => Step::Add(0),
            _ => return None,
        })
    }
}
