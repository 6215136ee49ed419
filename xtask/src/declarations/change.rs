//! Ways to change a declaration.

use abide::signatures::{Parameter, Signature, Type};

/// One way.
pub(crate) struct Change {
    pub(crate) name: &'static str,
    /// Whether the code can contradict it.
    pub(crate) is_seen: bool,
    /// The changed signature; `None` where there is nothing to change. The number chooses.
    pub(crate) make: fn(&Signature, usize) -> Option<Signature>,
}

/// All ways.
pub(crate) const ALL: &[Change] = &[
    Change {
        name: "drop a parameter",
        is_seen: true,
        make: drop_one,
    },
    Change {
        name: "narrow one to 32 bits",
        is_seen: true,
        make: narrow,
    },
    Change {
        name: "swap a number and a float",
        is_seen: true,
        make: swap_class,
    },
    Change {
        name: "promise a result",
        is_seen: true,
        make: promise,
    },
    Change {
        name: "never return",
        is_seen: true,
        make: never,
    },
    Change {
        name: "add a parameter",
        is_seen: false,
        make: add,
    },
    Change {
        name: "widen one to 64 bits",
        is_seen: false,
        make: widen,
    },
    Change {
        name: "drop the result",
        is_seen: false,
        make: drop_result,
    },
];

/// The numbers of the parameters that fit.
fn which(signature: &Signature, fits: impl Fn(&Parameter) -> bool) -> Vec<usize> {
    let parameters = signature.parameters.iter().enumerate();
    let fitting = parameters.filter(|(_, p)| !p.is_result && fits(p));
    fitting.map(|(number, _)| number).collect()
}

fn one_of(all: &[usize], number: usize) -> Option<usize> {
    all.get(number.checked_rem(all.len())?).copied()
}

fn with(
    signature: &Signature,
    number: usize,
    fits: impl Fn(&Parameter) -> bool,
    change: impl Fn(&mut Parameter),
) -> Option<Signature> {
    let chosen = one_of(&which(signature, fits), number)?;
    let mut changed = signature.clone();
    change(changed.parameters.get_mut(chosen)?);
    Some(changed)
}

fn drop_one(signature: &Signature, number: usize) -> Option<Signature> {
    let chosen = one_of(&which(signature, |_| true), number)?;
    let mut changed = signature.clone();
    changed.parameters.remove(chosen);
    Some(changed)
}

fn is_word(parameter: &Parameter) -> bool {
    matches!(
        parameter.ty,
        Type::Integer { bits: 64, .. } | Type::Pointer { .. }
    )
}

fn narrow(signature: &Signature, number: usize) -> Option<Signature> {
    with(signature, number, is_word, |p| p.ty = Type::integer(32))
}

fn swap_class(signature: &Signature, number: usize) -> Option<Signature> {
    with(signature, number, is_word, |p| p.ty = Type::Float(64))
}

fn widen(signature: &Signature, number: usize) -> Option<Signature> {
    let is_narrow = |p: &Parameter| matches!(p.ty, Type::Integer { bits: ..=32, .. });
    with(signature, number, is_narrow, |p| p.ty = Type::integer(64))
}

fn add(signature: &Signature, _: usize) -> Option<Signature> {
    let mut changed = signature.clone();
    changed.parameters.push(Parameter::of(Type::integer(64)));
    Some(changed)
}

fn promise(signature: &Signature, _: usize) -> Option<Signature> {
    let is_free = signature.result.is_none() && signature.parameters.iter().all(|p| !p.is_result);
    is_free.then(|| Signature {
        result: Some(Type::integer(64)),
        ..signature.clone()
    })
}

fn never(signature: &Signature, _: usize) -> Option<Signature> {
    Some(Signature {
        never_returns: true,
        ..signature.clone()
    })
}

fn drop_result(signature: &Signature, _: usize) -> Option<Signature> {
    signature.result.as_ref()?;
    Some(Signature {
        result: None,
        ..signature.clone()
    })
}
