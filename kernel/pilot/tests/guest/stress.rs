//! What an interrupt must not touch: the red zone and the XMM registers of the code it interrupts.
//! Two builds with one safeguard removed test the test.

use anyhow::{Context, Result};
use pilot::variant::Variant;

use crate::support::{EXPERIMENTS, boot};

const NO_FXSAVE: Variant = Variant {
    name: "no_fxsave",
    features: "experiments",
    nasm_flags: "-DNO_FXSAVE",
    checked: false,
};
const NO_IST: Variant = Variant {
    name: "no_ist",
    features: "experiments no_ist",
    nasm_flags: "",
    checked: false,
};

/// What `stress` says.
#[derive(Debug)]
struct Stress(String);

impl Stress {
    /// Thousands of timer interrupts while code uses the red zone, XMM and general registers.
    fn run(variant: &Variant, thousands: usize) -> Result<Self> {
        Ok(Self(
            boot(variant)?.command(&format!("stress {thousands}"))?,
        ))
    }

    fn count(&self, name: &str) -> Result<u64> {
        let (_, rest) = self
            .0
            .split_once(name)
            .with_context(|| format!("no {name} in {}", self.0))?;
        let digits = rest
            .trim_start_matches('=')
            .split_whitespace()
            .next()
            .context("a number")?;
        Ok(digits.parse()?)
    }

    fn corrupt(&self) -> Result<[u64; 4]> {
        let mut counts = [0; 4];
        for (count, name) in counts.iter_mut().zip(["redzone", "xmm", "gpr", "core"]) {
            *count = self.count(&format!("{name}_corrupt"))?;
        }
        Ok(counts)
    }
}

#[test]
fn interrupts_leave_everything_as_it_was() -> Result<()> {
    let stress = Stress::run(&EXPERIMENTS, 20)?;
    assert!(stress.count("interrupts")? >= 20_000, "{stress:?}");
    assert!(stress.count("checks")? > 1_000, "{stress:?}");
    assert_eq!(stress.corrupt()?, [0; 4], "{stress:?}");
    Ok(())
}

#[test]
fn without_fxsave_the_vector_registers_are_lost() -> Result<()> {
    let stress = Stress::run(&NO_FXSAVE, 5)?;
    let [red_zone, xmm, gpr, _] = stress.corrupt()?;
    assert!(xmm > 0, "{stress:?}");
    assert_eq!(
        [red_zone, gpr],
        [0; 2],
        "nothing else was removed: {stress:?}"
    );
    Ok(())
}

#[test]
fn without_stacks_of_their_own_interrupts_overwrite_the_red_zone() -> Result<()> {
    let stress = Stress::run(&NO_IST, 5)?;
    let [red_zone, xmm, gpr, _] = stress.corrupt()?;
    assert!(red_zone > 0, "{stress:?}");
    assert_eq!([xmm, gpr], [0; 2], "nothing else was removed: {stress:?}");
    Ok(())
}
