//! One random function: its frame, its prologue, and epilogues that undo it, or nearly.
//!
//! A *careless* function slips now and then: it is off by one, restores in another order, counts one
//! word too many. A proof means something only where such functions are made, too.

use std::fmt::Write as _;

use oracle::random::Random;

use super::dialect::{BP, Dialect, General, SP};
use super::statements;

/// How SP gets back to where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    /// By as much as it was moved.
    Counted,
    /// From BP.
    FramePointer,
    /// From BP, since SP was aligned.
    Aligned,
    /// From a word of the frame, since SP was aligned.
    Kept,
}

/// Where preserved registers are while they are in use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saves {
    Pushed,
    /// In the frame, above the locals.
    Stored,
    /// In vector registers that the convention does not preserve.
    InVectors,
}

/// The vector registers from this one on hold saves.
const FIRST_VECTOR_OF_SAVES: u8 = 8;

/// A function on its way.
pub(crate) struct Function<'a> {
    pub(super) random: &'a mut Random,
    pub(super) dialect: &'static Dialect,
    /// General registers that may be changed.
    pub(super) usable: Vec<General>,
    /// Vector registers that may be changed.
    pub(super) vectors: Vec<u8>,
    /// The bytes of locals, which begin where SP pointed behind the prologue.
    pub(super) locals: u32,
    /// The bytes that were pushed since.
    pub(super) pushed: u32,
    /// A register that points to memory of the caller's.
    pub(super) pointer: Option<General>,
    name: String,
    text: String,
    labels: u32,
    careless: bool,
    saved: Vec<General>,
    saved_vectors: Vec<u8>,
    base: Base,
    saves: Saves,
    /// SP modulo 16 behind the prologue.
    residue: u32,
}

impl<'a> Function<'a> {
    /// The source of a function of this name.
    pub(crate) fn write(name: String, dialect: &'static Dialect, random: &'a mut Random) -> String {
        let careless = random.one_in(2);
        let mut function = Self {
            usable: dialect.general(false),
            vectors: dialect.vectors(false),
            locals: dialect.word * [0, 1, 2, 3, 5, 7, 8, 11, 15, 16, 25][random.below(11) as usize],
            pushed: 0,
            pointer: None,
            text: format!("global {name}\n{name}:\n"),
            name,
            labels: 0,
            careless,
            saved: Vec::new(),
            saved_vectors: Vec::new(),
            base: Base::Counted,
            saves: Saves::Pushed,
            residue: dialect.residue(),
            dialect,
            random,
        };
        function.prologue();
        let statements = 2 + function.random.below(7) as u32;
        function.block(statements, 2);
        function.epilogue();
        function.text
    }

    fn prologue(&mut self) {
        let preserved = self.dialect.general(true);
        let count = self.random.below(5);
        self.saved = self.some_of(preserved, count);
        self.base = match self.random.below(8) {
            0..=3 => Base::Counted,
            4 | 5 => Base::FramePointer,
            6 => Base::Aligned,
            _ => Base::Kept,
        };
        self.saves = match self.random.below(10) {
            0..=5 => Saves::Pushed,
            6..=8 if self.base != Base::Kept => Saves::Stored,
            _ if !self.dialect.is_narrow() && self.vectors.len() == 16 => Saves::InVectors,
            _ => Saves::Pushed,
        };
        if self.has_frame_pointer() {
            self.saved.retain(|&register| register != BP);
            self.enter();
        }
        if self.saves == Saves::Pushed {
            for register in self.saved.clone() {
                self.push(register);
            }
        }
        self.take_frame();
        self.vectors.truncate(usize::from(FIRST_VECTOR_OF_SAVES));
        match self.saves {
            Saves::Pushed => {}
            Saves::Stored => self.each_save(|place, register| format!("mov {place}, {register}")),
            Saves::InVectors => {
                self.each_save(|place, register| format!("movq {place}, {register}"))
            }
        }
        self.save_vectors();
        self.begin_with_arguments();
    }

    fn has_frame_pointer(&self) -> bool {
        matches!(self.base, Base::FramePointer | Base::Aligned)
    }

    fn enter(&mut self) {
        if self.random.one_in(8) {
            self.line("enter 0, 0".to_owned());
        } else {
            let (bp, sp) = (self.whole(BP), self.whole(SP));
            self.line(format!("push {bp}"));
            self.line(format!("mov {bp}, {sp}"));
        }
        self.lower(self.dialect.word);
    }

    fn push(&mut self, register: General) {
        let register = self.whole(register);
        self.line(format!("push {register}"));
        self.lower(self.dialect.word);
    }

    /// Takes what the frame has beside what was pushed, and aligns it.
    fn take_frame(&mut self) {
        let sp = self.whole(SP);
        let above = self.above_locals();
        if self.base == Base::Kept {
            // A register that nobody preserves, and that is no parameter in 64-bit code.
            let holder = self.whole(0);
            self.line(format!("mov {holder}, {sp}"));
        }
        let size = self.locals + above;
        if size > 0 {
            self.move_sp(-i64::from(size));
            self.lower(size);
        }
        if matches!(self.base, Base::Aligned | Base::Kept) {
            let to = [16, 32, 64][self.random.below(3) as usize];
            self.line(format!("and {sp}, -{to}"));
            self.residue = 0;
        }
        if self.base == Base::Kept {
            let (place, holder) = (self.place(self.locals), self.whole(0));
            self.line(format!("mov {place}, {holder}"));
        }
    }

    /// The bytes of the frame above the locals, where it keeps what it has not pushed.
    fn above_locals(&mut self) -> u32 {
        let preserved = self.dialect.vectors(true);
        if !preserved.is_empty() && self.random.one_in(3) {
            let count = 1 + self.random.below(3);
            self.saved_vectors = self.some_of(preserved, count);
        }
        self.kept() + 16 * self.saved_vectors.len() as u32
    }

    /// The bytes of words that are kept above the locals: SP, or registers that are stored there.
    fn kept(&self) -> u32 {
        let word = self.dialect.word;
        match (self.saves, self.base) {
            (_, Base::Kept) => word,
            (Saves::Stored, _) => word * self.saved.len() as u32,
            _ => 0,
        }
    }

    /// The bytes of registers that were pushed to save them.
    fn pushed_saves(&self) -> u32 {
        match self.saves {
            Saves::Pushed => self.dialect.word * self.saved.len() as u32,
            _ => 0,
        }
    }

    /// Writes a line for each register that is saved, with its place: a word of the frame or a vector
    /// register.
    fn each_save(&mut self, line: impl Fn(String, String) -> String) {
        for (number, register) in (0..).zip(self.saved.clone()) {
            let place = match self.saves {
                Saves::InVectors => format!("xmm{}", u32::from(FIRST_VECTOR_OF_SAVES) + number),
                _ => {
                    let slip = if self.slips(60) {
                        self.dialect.word / 2
                    } else {
                        0
                    };
                    self.place(self.locals + self.dialect.word * number - slip)
                }
            };
            let register = self.whole(register);
            self.line(line(place, register));
        }
    }

    /// Where vector registers are saved, above all else.
    fn vector_place(&self, number: u32) -> String {
        self.place(self.locals + self.kept() + 16 * number)
    }

    fn save_vectors(&mut self) {
        for (number, vector) in (0..).zip(self.saved_vectors.clone()) {
            let place = self.vector_place(number);
            self.line(format!("movups {place}, xmm{vector}"));
            self.vectors.push(vector);
        }
    }

    /// Sets registers to arguments, so that none of them holds garbage.
    fn begin_with_arguments(&mut self) {
        let parameters = self.dialect.parameters();
        if self.random.one_in(6)
            && let Some(&first) = parameters.first()
        {
            self.pointer = Some(first);
            self.usable.retain(|&register| register != first);
        }
        for register in [self.usable.clone(), self.saved.clone()].concat() {
            let to = self.whole(register);
            match self.random.below(parameters.len().max(1) as u64 + 1) as usize {
                _ if parameters.contains(&register) => {}
                0 => {
                    let number = self.random.below(100);
                    let low = self.dialect.name(register, 4);
                    self.line(format!("mov {low}, {number}"));
                }
                n if n <= parameters.len() => {
                    let from = self.whole(parameters[n - 1]);
                    self.line(format!("mov {to}, {from}"));
                }
                _ => {
                    let number = self.random.below(100);
                    self.line(format!("mov {to}, {number}"));
                }
            }
        }
        self.usable.extend(&self.saved);
    }

    /// What undoes the prologue, and `ret`.
    pub(super) fn epilogue(&mut self) {
        self.undo();
        self.line("ret".to_owned());
    }

    /// What undoes the prologue, from any place whose pushes are known.
    pub(super) fn undo(&mut self) {
        let (sp, bp) = (self.whole(SP), self.whole(BP));
        for (number, vector) in (0..).zip(self.saved_vectors.clone()) {
            let place = self.vector_place(number);
            let load = if self.slips(40) { "movlps" } else { "movups" };
            self.line(format!("{load} xmm{vector}, {place}"));
        }
        match self.saves {
            Saves::Pushed => {}
            Saves::Stored => self.each_save(|place, register| format!("mov {register}, {place}")),
            Saves::InVectors => {
                self.each_save(|place, register| format!("movq {register}, {place}"))
            }
        }
        let pushes = self.pushed_saves();
        match self.base {
            Base::Counted => {
                let size = self.pushed + self.frame_size();
                let size = if self.slips(60) {
                    size + self.dialect.word
                } else {
                    size
                };
                if size > 0 {
                    self.move_sp(i64::from(size));
                }
            }
            Base::Kept => {
                let place = self.place(self.locals);
                self.line(format!("mov {sp}, {place}"));
            }
            _ if pushes > 0 => self.line(format!("lea {sp}, [{bp}-{pushes}]")),
            _ if self.random.one_in(2) => return self.line("leave".to_owned()),
            _ => self.line(format!("mov {sp}, {bp}")),
        }
        if self.saves == Saves::Pushed {
            self.pop_saves();
        }
        if self.has_frame_pointer() {
            self.line(format!("pop {bp}"));
        }
    }

    fn frame_size(&self) -> u32 {
        self.locals + self.kept() + 16 * self.saved_vectors.len() as u32
    }

    fn pop_saves(&mut self) {
        let mut saved: Vec<_> = self.saved.iter().rev().copied().collect();
        if saved.len() > 1 && self.slips(30) {
            saved.swap(0, 1);
        }
        for register in saved {
            let register = self.whole(register);
            self.line(format!("pop {register}"));
        }
    }

    /// Statements, one behind the other; `depth` is how far they may nest.
    pub(super) fn block(&mut self, statements: u32, depth: u32) {
        for _ in 0..statements {
            statements::any(self, depth);
        }
    }

    /// A short block inside of a statement.
    pub(super) fn inner_block(&mut self, depth: u32) {
        let statements = self.random.below(3) as u32;
        self.block(statements, depth.saturating_sub(1));
    }

    pub(super) fn line(&mut self, text: String) {
        let _ = writeln!(self.text, "    {text}");
    }

    pub(super) fn label(&mut self) -> String {
        self.labels += 1;
        format!("{}.l{}", self.name, self.labels)
    }

    pub(super) fn place_label(&mut self, label: &str) {
        let _ = writeln!(self.text, "{label}:");
    }

    /// The operand of the local at an offset.
    pub(super) fn place(&self, offset: u32) -> String {
        format!("[{}+{}]", self.whole(SP), self.pushed + offset)
    }

    /// The operand of an element of the locals, by an index.
    pub(super) fn element(&self, index: General, scale: u32, offset: i64) -> String {
        let (sp, index) = (self.whole(SP), self.whole(index));
        let offset = i64::from(self.pushed) + offset;
        format!("[{sp}+{index}*{scale}{offset:+}]")
    }

    /// The operand of a word above the return address, where that is known; now and then one further.
    pub(super) fn argument_place(&mut self) -> Option<String> {
        let word = self.dialect.word;
        let number = 1 + self.random.below(4) as u32;
        let above_entry = word * number;
        let pushes = self.pushed_saves();
        match self.base {
            Base::Kept => None,
            Base::Counted => Some(self.place(self.frame_size() + pushes + above_entry)),
            _ => Some(format!("[{}+{}]", self.whole(BP), word + above_entry)),
        }
    }

    /// Moves SP by so many bytes, in one of the ways to say so.
    pub(super) fn move_sp(&mut self, by: i64) {
        let sp = self.whole(SP);
        let text = match (self.random.below(5), by < 0) {
            (0, _) => format!("lea {sp}, [{sp}{by:+}]"),
            (1, true) => format!("add {sp}, {by}"),
            (1, false) => format!("sub {sp}, {}", -by),
            (_, true) => format!("sub {sp}, {}", -by),
            (_, false) => format!("add {sp}, {by}"),
        };
        self.line(text);
    }

    /// What SP is modulo 16 here.
    pub(super) fn residue(&self) -> u32 {
        (self.residue + 16 * 1024 - self.pushed) % 16
    }

    fn lower(&mut self, bytes: u32) {
        self.residue = (self.residue + 16 * 1024 - bytes) % 16;
    }

    /// Whether something goes wrong here, once in so many times in careless functions.
    pub(super) fn slips(&mut self, in_so_many: u64) -> bool {
        self.careless && self.random.one_in(in_so_many)
    }

    pub(super) fn register(&mut self) -> General {
        let at = self.random.below(self.usable.len() as u64);
        self.usable[at as usize]
    }

    /// Another register than these.
    pub(super) fn register_beside(&mut self, others: &[General]) -> General {
        let beside = self
            .usable
            .iter()
            .filter(|register| !others.contains(register));
        let beside: Vec<_> = beside.copied().collect();
        let at = self.random.below(beside.len() as u64) as usize;
        // There are always some that no statement takes.
        beside.get(at).copied().unwrap_or(0)
    }

    pub(super) fn vector(&mut self) -> u8 {
        let at = self.random.below(self.vectors.len() as u64);
        self.vectors[at as usize]
    }

    pub(super) fn whole(&self, register: General) -> String {
        self.dialect.whole(register)
    }

    /// Preserved registers that the function has saved.
    pub(super) fn has_saved(&self, register: General) -> bool {
        self.saved.contains(&register)
    }

    /// One of some texts.
    pub(super) fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        texts[self.random.below(texts.len() as u64) as usize]
    }

    fn some_of<T>(&mut self, mut from: Vec<T>, count: u64) -> Vec<T> {
        let mut some = Vec::new();
        for _ in 0..count.min(from.len() as u64) {
            let at = self.random.below(from.len() as u64);
            some.push(from.swap_remove(at as usize));
        }
        some
    }
}
