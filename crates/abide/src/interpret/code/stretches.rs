//! Stretches: plain instructions in a row, run as one.

use smallvec::SmallVec;

use super::on_frame::OnFrame;
use super::plain::Plain;
use super::{Code, behind};
use crate::inputs::Place;

/// Plain instructions in a row, of which only the first is the start of a block in any root.
#[derive(Debug, Clone, Copy)]
pub(in crate::interpret) struct Stretch {
    /// What they take for granted and do.
    pub plain: Plain,
    /// How many they are.
    pub count: u32,
    /// How many bytes they take.
    pub bytes: u32,
    /// The number of the last.
    pub last: u32,
}

/// What is remembered of a plain instruction.
#[derive(Debug, Clone, Copy)]
struct PlainInstruction {
    plain: Plain,
    /// The stretch that begins here, plus one; 0 for none yet.
    begins: u32,
    /// The last stretch that it became a part of, behind its first, plus one.
    within: u32,
}

/// What is done by each base.
type OnFrames = SmallVec<[OnFrame; 2]>;

/// The plain instructions, and the stretches that they were put together to.
#[derive(Default)]
pub(super) struct Stretches {
    instructions: Vec<PlainInstruction>,
    stretches: Vec<Stretch>,
    /// Which plain instruction each stretch begins with.
    first: Vec<u32>,
    /// What they do with data of the frame.
    on_frame: Vec<OnFrame>,
}

impl Stretches {
    /// Takes in a plain instruction, and gives its number among them.
    pub(super) fn add(&mut self, mut plain: Plain, on_frame: Option<OnFrame>) -> u32 {
        self.keep(&mut plain, on_frame.into_iter().collect());
        self.instructions.push(PlainInstruction {
            plain,
            begins: 0,
            within: 0,
        });
        self.instructions.len() as u32 - 1
    }

    fn keep(&mut self, plain: &mut Plain, on_frame: OnFrames) {
        plain.on_frame = self.on_frame.len() as u32;
        plain.on_frames = on_frame.len() as u8;
        self.on_frame.extend(on_frame);
    }

    fn on_frame(&self, plain: Plain) -> &[OnFrame] {
        let start = plain.on_frame as usize;
        let all = start..start + usize::from(plain.on_frames);
        self.on_frame.get(all).unwrap_or_default()
    }

    /// Lets no stretch run on over an instruction.
    pub(super) fn cut(&mut self, instruction: u32) {
        let within = self.instructions[instruction as usize].within;
        if let Some(stretch) = within.checked_sub(1) {
            let first = self.first[stretch as usize];
            let first = &mut self.instructions[first as usize];
            if first.begins == within {
                first.begins = 0;
            }
        }
    }
}

impl Code<'_> {
    /// The stretch that begins with an instruction, if that is plain.
    pub(in crate::interpret) fn stretch(&mut self, number: u32, place: Place) -> Option<Stretch> {
        let first = self.entries[number as usize].plain.checked_sub(1)?;
        let stretches = &self.stretches;
        match stretches.instructions[first as usize].begins {
            0 => Some(self.stretch_from(first, number, place)),
            begins => Some(stretches.stretches[begins as usize - 1]),
        }
    }

    /// What plain instructions do with data of the frame.
    pub(in crate::interpret) fn on_frame(&self, plain: Plain) -> &[OnFrame] {
        self.stretches.on_frame(plain)
    }

    /// A plain instruction alone.
    pub(in crate::interpret) fn alone(&self, number: u32) -> Option<Stretch> {
        let entry = &self.entries[number as usize];
        let instruction = entry.plain.checked_sub(1)?;
        Some(Stretch {
            plain: self.stretches.instructions[instruction as usize].plain,
            count: 1,
            bytes: entry.length.into(),
            last: number,
        })
    }

    fn stretch_from(&mut self, first: u32, mut number: u32, mut place: Place) -> Stretch {
        let id = self.stretches.stretches.len() as u32 + 1;
        let start = place.offset;
        let mut stretch = Stretch {
            plain: Plain::default(),
            count: 0,
            bytes: 0,
            last: number,
        };
        let mut on_frame = OnFrames::new();
        loop {
            let entry = self.entries[number as usize];
            // What was the start of a block in one root is likely to be one again.
            let goes_on = entry.plain != 0 && (stretch.count == 0 || entry.mark == 0);
            if !goes_on {
                break;
            }
            let plain = self.stretches.instructions[entry.plain as usize - 1].plain;
            let own = self.stretches.on_frame(plain).iter();
            // Where no base is aligned for both, they are not one.
            if own
                .map(|own| add(&mut on_frame, own))
                .any(|both| both.is_none())
            {
                break;
            }
            let instruction = &mut self.stretches.instructions[entry.plain as usize - 1];
            if stretch.count > 0 {
                instruction.within = id;
            }
            stretch.plain = stretch.plain.then(plain);
            stretch.count += 1;
            stretch.last = number;
            place = behind(place, entry.length);
            match self.number_behind(number, place) {
                Ok(next) => number = next,
                Err(_) => break,
            }
        }
        stretch.bytes = (place.offset - start) as u32;
        self.stretches.keep(&mut stretch.plain, on_frame);
        self.stretches.instructions[first as usize].begins = id;
        self.stretches.stretches.push(stretch);
        self.stretches.first.push(first);
        stretch
    }
}

/// Adds what another instruction does by its base; none where no base is aligned for both.
fn add(all: &mut OnFrames, next: &OnFrame) -> Option<()> {
    match all.iter_mut().find(|own| own.base == next.base) {
        Some(own) => own.then(next),
        None => {
            all.push(next.clone());
            Some(())
        }
    }
}
