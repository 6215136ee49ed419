//! What the guest tests share: the kernel's variants, and a shell to talk to.

use anyhow::Result;
use pilot::variant::Variant;
use pilot::{Machine, Options};

/// The kernel as it is shipped.
pub(crate) const KERNEL: Variant = Variant {
    name: "plain",
    features: "",
    nasm_flags: "",
    checked: true,
};

/// With the shell's commands for experiments.
pub(crate) const EXPERIMENTS: Variant = Variant {
    name: "experiments",
    features: "experiments",
    nasm_flags: "",
    checked: true,
};

/// A variant booted to its first prompt.
pub(crate) fn boot(variant: &Variant) -> Result<Machine> {
    boot_with(variant, &Options::default())
}

/// The same, on another machine.
pub(crate) fn boot_with(variant: &Variant, options: &Options) -> Result<Machine> {
    let mut machine = Machine::boot(&variant.build()?.image(), options)?;
    machine.prompt()?;
    Ok(machine)
}

/// A small generator (xorshift), so that a failure comes again.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or_default()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
