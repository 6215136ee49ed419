//! Registers alone.

use super::Function;

impl Function<'_> {
    /// A width that a register is used in, in bytes.
    pub(super) fn width(&mut self) -> u32 {
        let word = self.dialect.word;
        [word, word, word, 4, 4, 2, 1][self.random.below(7) as usize]
    }

    /// Two registers' names of one width.
    fn two(&mut self) -> (String, String) {
        let width = self.width();
        let (one, other) = (self.register(), self.register());
        let width = self.common_width(one, other, width);
        (
            self.dialect.name(one, width),
            self.dialect.name(other, width),
        )
    }

    /// The width that both registers have names for.
    fn common_width(&self, one: u8, other: u8, width: u32) -> u32 {
        match width {
            1 if self.dialect.is_narrow() && one.max(other) >= 4 => 2,
            _ => width,
        }
    }
}

pub(super) fn arithmetic(f: &mut Function<'_>, _: u32) {
    let (to, from) = f.two();
    let what = f.one_of(&["mov", "add", "sub", "xor", "and", "or", "adc", "sbb"]);
    f.line(format!("{what} {to}, {from}"));
}

pub(super) fn with_a_number(f: &mut Function<'_>, _: u32) {
    let (to, _) = f.two();
    let what = f.one_of(&["mov", "add", "sub", "xor", "and", "or", "cmp"]);
    let number = f.random.below(120);
    f.line(format!("{what} {to}, {number}"));
}

pub(super) fn address(f: &mut Function<'_>, _: u32) {
    let [to, base, index] = [(); 3].map(|()| f.register());
    let [to, base, index] = [to, base, index].map(|register| f.whole(register));
    let scale = f.one_of(&["1", "2", "4", "8"]);
    let offset = f.random.below(129) as i64 - 64;
    f.line(format!("lea {to}, [{base}+{index}*{scale}{offset:+}]"));
}

pub(super) fn shift(f: &mut Function<'_>, _: u32) {
    let (to, _) = f.two();
    let what = f.one_of(&["shl", "shr", "sar", "rol", "ror"]);
    let by = 1 + f.random.below(7);
    f.line(format!("{what} {to}, {by}"));
}

pub(super) fn conditional_move(f: &mut Function<'_>, _: u32) {
    let [a, b, c, d] = [(); 4].map(|()| f.register());
    let [a, b, c, d] = [a, b, c, d].map(|register| f.whole(register));
    let condition = f.one_of(&["z", "nz", "a", "b", "l", "g", "s"]);
    f.line(format!("cmp {a}, {b}"));
    f.line(format!("cmov{condition} {c}, {d}"));
}

pub(super) fn swap(f: &mut Function<'_>, _: u32) {
    let (one, other) = f.two();
    let text = match f.random.below(4) {
        0 => format!("xadd {one}, {other}"),
        1 => {
            let register = f.register();
            format!("bswap {}", f.dialect.name(register, 4))
        }
        _ => format!("xchg {one}, {other}"),
    };
    f.line(text);
}

pub(super) fn between_files(f: &mut Function<'_>, _: u32) {
    let (register, vector, other) = (f.register(), f.vector(), f.vector());
    let name = f.whole(register);
    let what = if f.dialect.is_narrow() {
        "movd"
    } else {
        "movq"
    };
    let text = match f.random.below(6) {
        0 | 1 => format!("{what} xmm{vector}, {name}"),
        2 | 3 => format!("{what} {name}, xmm{vector}"),
        4 => format!("punpcklqdq xmm{vector}, xmm{other}"),
        _ => format!("movdqa xmm{vector}, xmm{other}"),
    };
    f.line(text);
}

pub(super) fn flags_and_carry(f: &mut Function<'_>, _: u32) {
    let [to, from] = [(); 2].map(|()| f.register());
    let (whole, narrow) = (f.whole(to), f.dialect.name(to % 4, 1));
    let from = f.whole(from);
    let text = match f.random.below(6) {
        0 => format!("sbb {whole}, {whole}"),
        1 if f.usable.contains(&(to % 4)) => format!("setc {narrow}"),
        2 => format!("imul {whole}, {from}, 3"),
        3 => format!("neg {whole}"),
        4 => format!("bt {whole}, 3"),
        _ => format!("not {whole}"),
    };
    f.line(text);
}
