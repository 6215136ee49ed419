//! Prints how fast code is decoded and lifted: `cargo run --release --example lift_speed -- FILE…`.
//!
//! It sweeps every section of code from its first byte, stepping over what is
//! no instruction byte by byte.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use abide::inputs::{Image, Place, SectionId};
use abide::machine::x86::Lifter;
use abide::machine::{Effect, Effects, Flow};

const ROUNDS: u32 = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut objects = Vec::new();
    for path in std::env::args().skip(1) {
        objects.extend(abide::inputs::read(Path::new(&path))?);
    }
    let image = Image::new(objects);
    let mut best = Duration::MAX;
    let mut tally = Tally::default();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        tally = sweep(&image);
        best = best.min(start.elapsed());
    }
    tally.print(best);
    Ok(())
}

#[derive(Default)]
struct Tally {
    bytes: u64,
    instructions: u64,
    effects: u64,
    opaque: u64,
    invalid: u64,
    unknown: BTreeMap<&'static str, u64>,
}

fn sweep(image: &Image) -> Tally {
    let mut tally = Tally::default();
    let mut lifter = Lifter::new(image);
    let mut effects = Effects::new();
    for number in 0..image.section_count() as u32 {
        let id = SectionId(number);
        let Some(section) = image.section(id).filter(|section| section.flags.execute) else {
            continue;
        };
        let mut place = Place {
            section: id,
            offset: 0,
        };
        while (place.offset as usize) < section.data.len() {
            place.offset += tally.add(&mut lifter, place, &mut effects);
        }
    }
    tally
}

impl Tally {
    /// Lifts one instruction and returns its length.
    fn add(&mut self, lifter: &mut Lifter<'_>, place: Place, effects: &mut Effects) -> i64 {
        if lifter.lift(place, effects).is_err() {
            self.invalid += 1;
            return 1;
        }
        self.instructions += 1;
        self.bytes += u64::from(effects.length);
        self.effects += effects.list.len() as u64;
        let is_open = |effect: &Effect| matches!(effect, Effect::Opaque { .. });
        self.opaque += u64::from(effects.list.iter().any(is_open));
        if let Flow::Unknown(reason) = effects.flow {
            *self.unknown.entry(reason).or_default() += 1;
        }
        i64::from(effects.length)
    }

    fn print(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        println!(
            "{} bytes, {} instructions, {} effects, {} with open results, {} bytes of no instruction",
            self.bytes, self.instructions, self.effects, self.opaque, self.invalid
        );
        println!(
            "{:.1} ms, {:.1} MB/s, {:.0} ns an instruction",
            seconds * 1e3,
            self.bytes as f64 / seconds / 1e6,
            seconds * 1e9 / self.instructions.max(1) as f64
        );
        for (reason, count) in &self.unknown {
            println!("unknown: {count} × {reason}");
        }
    }
}
