//! Where control goes: branches, loops, tables, returns.

use super::super::dialect::{COUNTER, SP};
use super::Function;

pub(super) fn push_and_pop(f: &mut Function<'_>, depth: u32) {
    if depth == 0 {
        return;
    }
    let (one, other) = (f.register(), f.register());
    let same = f.random.below(3) > 0;
    let (from, to) = (f.whole(one), f.whole(if same { one } else { other }));
    f.line(format!("push {from}"));
    f.pushed += f.dialect.word;
    f.inner_block(depth);
    f.pushed -= f.dialect.word;
    let text = match f.random.below(4) {
        0 => {
            let sp = f.whole(SP);
            f.line(format!("mov {to}, [{sp}]"));
            return f.move_sp(i64::from(f.dialect.word));
        }
        _ => format!("pop {to}"),
    };
    f.line(text);
}

pub(super) fn branch(f: &mut Function<'_>, depth: u32) {
    if depth == 0 {
        return;
    }
    let [one, other] = [(); 2].map(|()| f.register());
    let (other_way, end) = (f.label(), f.label());
    let (one, other) = (f.whole(one), f.whole(other));
    let text = match f.random.below(4) {
        0 => format!("cmp {one}, {}", f.random.below(64)),
        1 => format!("test {one}, {}", 1 << f.random.below(6)),
        2 => format!("test {one}, {one}"),
        _ => format!("cmp {one}, {other}"),
    };
    f.line(text);
    let condition = f.one_of(&["z", "nz", "a", "b", "l", "g", "s", "be"]);
    f.line(format!("j{condition} {other_way}"));
    f.inner_block(depth);
    if f.random.one_in(2) {
        f.line(format!("jmp {end}"));
        f.place_label(&other_way);
        f.inner_block(depth);
        f.place_label(&end);
    } else {
        f.place_label(&other_way);
    }
}

/// A loop whose counter goes down, to zero or below it.
pub(super) fn counted_loop(f: &mut Function<'_>, depth: u32) {
    if depth == 0 {
        return;
    }
    let counter = f.register();
    let (whole, low) = (f.whole(counter), f.dialect.name(counter, 4));
    let top = f.label();
    let turns = 1 + f.random.below(9);
    let kind = f.random.below(4);
    match kind {
        0 => f.line(format!("and {low}, 15")),
        _ => f.line(format!("mov {low}, {turns}")),
    }
    f.place_label(&top);
    without(f, counter, |f| f.inner_block(depth));
    let back = match kind {
        0 => {
            f.line(format!("sub {low}, 1"));
            "jns"
        }
        1 if counter == COUNTER => return f.line(format!("loop {top}")),
        2 => {
            f.line(format!("dec {low}"));
            "jnz"
        }
        _ => {
            f.line(format!("sub {whole}, 1"));
            "ja"
        }
    };
    f.line(format!("{back} {top}"));
}

/// A loop whose counter is an index into the locals.
pub(super) fn indexing_loop(f: &mut Function<'_>, depth: u32) {
    let Some(words) = f.words().filter(|_| depth > 0) else {
        return;
    };
    let (counter, word, top) = (f.register(), f.dialect.word, f.label());
    let (whole, low) = (f.whole(counter), f.dialect.name(counter, 4));
    let kind = f.random.below(4);
    match kind {
        0 | 1 => f.line(format!("xor {low}, {low}")),
        2 => f.line(format!("mov {low}, {words}")),
        _ => f.line(format!("mov {whole}, -{words}")),
    }
    f.place_label(&top);
    let offset = match kind {
        0 | 1 => 0,
        2 => -i64::from(word),
        _ => i64::from(word * words),
    };
    f.access(counter, word, offset);
    without(f, counter, |f| f.inner_block(depth));
    let text = match kind {
        0 => {
            f.line(format!("add {whole}, 1"));
            f.line(format!("cmp {whole}, {words}"));
            "jb"
        }
        1 => {
            f.line(format!("inc {low}"));
            f.line(format!("cmp {low}, {words}"));
            "jne"
        }
        2 => {
            f.line(format!("sub {low}, 1"));
            "jnz"
        }
        _ => {
            f.line(format!("inc {whole}"));
            "jnz"
        }
    };
    f.line(format!("{text} {top}"));
}

/// A loop in which a pointer walks over the locals to their end.
pub(super) fn walking_loop(f: &mut Function<'_>, depth: u32) {
    let Some(words) = f.words().filter(|_| depth > 0) else {
        return;
    };
    let pointer = f.register();
    let end = f.register_beside(&[pointer]);
    let other = f.register_beside(&[pointer, end]);
    let (word, top) = (f.dialect.word, f.label());
    let [pointer_name, end_name, other] = [pointer, end, other].map(|register| f.whole(register));
    let (first, last) = (f.place(0), f.place(word * words));
    let down = f.random.one_in(4);
    let (from, to) = if down { (last, first) } else { (first, last) };
    f.line(format!("lea {pointer_name}, {from}"));
    f.line(format!("lea {end_name}, {to}"));
    f.place_label(&top);
    if down {
        f.line(format!("sub {pointer_name}, {word}"));
    }
    f.line(format!("mov [{pointer_name}], {other}"));
    if !down {
        f.line(format!("add {pointer_name}, {word}"));
    }
    without(f, pointer, |f| without(f, end, |f| f.inner_block(1)));
    f.line(format!("cmp {pointer_name}, {end_name}"));
    let condition = match (down, f.random.one_in(2)) {
        (_, true) => "jne",
        (true, _) => "ja",
        _ => "jb",
    };
    f.line(format!("{condition} {top}"));
    f.line(format!("xor {pointer_name}, {pointer_name}"));
    f.line(format!("xor {end_name}, {end_name}"));
}

/// Pushes in a loop, undone by pops in another, by a count or by where SP was.
pub(super) fn pushing_loop(f: &mut Function<'_>, _: u32) {
    let counter = f.register();
    let holder = f.register_beside(&[counter]);
    let pushed = f.register_beside(&[counter, holder]);
    let (count, word) = (1 + f.random.below(5), u64::from(f.dialect.word));
    let (low, sp) = (f.dialect.name(counter, 4), f.whole(SP));
    let (holder, pushed) = (f.whole(holder), f.whole(pushed));
    let (up, down) = (f.label(), f.label());
    let kind = f.random.below(4);
    if kind >= 2 {
        f.line(format!("mov {holder}, {sp}"));
    }
    f.line(format!("mov {low}, {count}"));
    f.place_label(&up);
    f.line(format!("push {pushed}"));
    f.line(format!("dec {low}"));
    f.line(format!("jnz {up}"));
    let undone = if f.slips(12) { count + 1 } else { count };
    match kind {
        0 => {
            f.line(format!("mov {low}, {undone}"));
            f.place_label(&down);
            f.line(format!("pop {pushed}"));
            f.line(format!("sub {low}, 1"));
            f.line(format!("jnz {down}"));
        }
        1 => f.line(format!("lea {sp}, [{sp}+{}]", word * undone)),
        2 => f.line(format!("mov {sp}, {holder}")),
        _ => {
            f.place_label(&down);
            f.line(format!("pop {pushed}"));
            f.line(format!("cmp {sp}, {holder}"));
            let condition = if f.slips(8) { "jbe" } else { "jb" };
            f.line(format!("{condition} {down}"));
        }
    }
    f.line(format!("xor {holder}, {holder}"));
}

/// A jump by a table of offsets or addresses.
pub(super) fn table_jump(f: &mut Function<'_>, depth: u32) {
    if depth == 0 {
        return;
    }
    let (index, address) = (f.register(), f.register());
    if index == address {
        return;
    }
    let (low, whole, to) = (f.dialect.name(index, 4), f.whole(index), f.whole(address));
    let (table, end) = (f.label(), f.label());
    let count = 2 + f.random.below(4);
    let ways: Vec<_> = (0..count).map(|_| f.label()).collect();
    if f.random.one_in(2) && count.is_power_of_two() {
        f.line(format!("and {low}, {}", count - 1));
    } else {
        let most = if f.slips(12) { count } else { count - 1 };
        f.line(format!("cmp {low}, {most}"));
        f.line(format!("ja {end}"));
        f.line(format!("mov {low}, {low}"));
    }
    if f.dialect.is_narrow() {
        f.line(format!("jmp [{table}+{whole}*4]"));
    } else {
        f.line(format!("lea {to}, [rel {table}]"));
        f.line(format!("movsxd {whole}, dword [{to}+{whole}*4]"));
        f.line(format!("add {to}, {whole}"));
        f.line(format!("jmp {to}"));
    }
    f.place_label(&table);
    for way in &ways {
        let entry = match f.dialect.is_narrow() {
            true => format!("dd {way}"),
            false => format!("dd {way} - {table}"),
        };
        f.line(entry);
    }
    for way in &ways {
        f.place_label(way);
        f.inner_block(depth);
        f.line(format!("jmp {end}"));
    }
    f.place_label(&end);
}

/// A return before the end.
pub(super) fn early_return(f: &mut Function<'_>, _: u32) {
    let register = f.register();
    let (register, end) = (f.whole(register), f.label());
    let number = f.random.below(64);
    f.line(format!("cmp {register}, {number}"));
    f.line(format!("jne {end}"));
    f.epilogue();
    f.place_label(&end);
}

/// A jump to another function instead of a return.
pub(super) fn tail_jump(f: &mut Function<'_>, _: u32) {
    let register = f.register();
    let (register, end) = (f.whole(register), f.label());
    let number = f.random.below(64);
    f.line(format!("cmp {register}, {number}"));
    f.line(format!("jne {end}"));
    f.undo();
    let to = f.one_of(&["keeps_all", "outside", "calls_itself"]);
    f.set_arguments();
    f.line(format!("jmp {to}"));
    f.place_label(&end);
}

/// Writes what does not change a register; now and then it does.
fn without(f: &mut Function<'_>, register: u8, write: impl FnOnce(&mut Function<'_>)) {
    let usable = f.usable.clone();
    if !f.slips(10) {
        f.usable.retain(|&other| other != register);
    }
    if !f.usable.is_empty() {
        write(f);
    }
    f.usable = usable;
}
