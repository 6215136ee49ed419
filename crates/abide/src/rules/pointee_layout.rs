use super::misfit::{self, Misfit};
use super::{Candidate, Check, Judgement, Level, RootFacts, Rule, Symptom};
use crate::contracts::Static;
use crate::inputs::Place;
use crate::interpret::{Event, Seen};
use crate::machine::x86;
use crate::registers::Register;
use crate::signatures::{Layout, Pointee};

pub(super) static RULE: Rule = Rule {
    id: "pointee_layout",
    level: Level::Deny,
    page: include_str!("pointee_layout.md"),
    never_unknown: None,
    check: Check::Declaration(check),
};

/// Instructions that access a descriptor of a table.
const OF_DESCRIPTORS: [&str; 4] = ["lidt", "lgdt", "sidt", "sgdt"];

fn check(root: &RootFacts<'_>) -> Judgement {
    let declared = root.contract.declared.as_ref();
    let mut judgement = Judgement {
        applies: declared.is_some_and(|declared| {
            let mut parameters = declared.signature.parameters.iter();
            parameters.any(|parameter| parameter.pointee.is_some())
        }),
        ..Judgement::default()
    };
    for seen in root.events() {
        let instruction = seen.place;
        let access = match seen.event {
            Event::PointeeAccess {
                register,
                offset,
                bytes,
                stride,
            } => {
                let pointee = declared.and_then(|declared| declared.pointee_of(register));
                pointee.map(|pointee| Access {
                    instruction,
                    to: To::Pointee(register, pointee),
                    offset,
                    bytes,
                    stride,
                })
            }
            Event::StaticAccess { to, bytes } => meant(root, instruction, to).map(|of| Access {
                instruction,
                to: To::Static(of),
                offset: to.offset.wrapping_sub(of.place.offset),
                bytes,
                stride: 0,
            }),
            _ => None,
        };
        let Some(access) = access else {
            continue;
        };
        judgement.applies = true;
        if let Some(misfit) = access.misfit(root) {
            judgement
                .candidates
                .push(access.candidate(root, seen, misfit));
        }
    }
    judgement
}

/// The static that an instruction means: the one that it names, else the last that begins no
/// later than what it accesses.
fn meant<'a>(root: &RootFacts<'a>, instruction: Place, to: Place) -> Option<&'a Static> {
    let named = x86::named_by(root.image, instruction).into_iter();
    let mut named = named.filter(|place| place.section == to.section);
    let named = named.find_map(|place| root.statics.at(place));
    named.or_else(|| root.statics.before(to))
}

/// An access to something of a declared type.
struct Access<'a> {
    instruction: Place,
    to: To<'a>,
    offset: i64,
    bytes: u16,
    /// Of what a variable index adds, each is a multiple; 0 where there is none.
    stride: u64,
}

enum To<'a> {
    Pointee(Register, &'a Pointee),
    Static(&'a Static),
}

impl Access<'_> {
    fn pointee(&self) -> Option<&Pointee> {
        match self.to {
            To::Pointee(_, pointee) => Some(pointee),
            To::Static(of) => of.declared.as_ref()?.ty.as_ref(),
        }
    }

    /// Behind how many bytes there is nothing that may be accessed, and of what.
    fn bound(&self) -> Option<(&str, u64)> {
        match self.to {
            To::Pointee(_, pointee) => {
                // What is opaque is declared without any byte of its own.
                let bounds = |layout: &&Layout| pointee.is_reference && layout.size > 0;
                let layout = pointee.layout.as_ref().filter(bounds)?;
                Some((&pointee.name, layout.size))
            }
            To::Static(of) => Some((&of.name, of.size?)),
        }
    }

    fn is_of_descriptor(&self, root: &RootFacts<'_>) -> bool {
        let text = x86::text(root.image, self.instruction).unwrap_or_default();
        OF_DESCRIPTORS.iter().any(|word| text.starts_with(word))
    }

    fn misfit(&self, root: &RootFacts<'_>) -> Option<Misfit> {
        if self.is_of_descriptor(root) && self.stride == 0 {
            let start = u64::try_from(self.offset).ok()?;
            return misfit::of_descriptor(self.pointee()?, start);
        }
        let bytes = self.bytes.into();
        if self.stride > 0 {
            return misfit::among_elements(self.pointee()?, self.offset, self.stride, bytes);
        }
        let beyond = self
            .bound()
            .and_then(|(name, size)| misfit::beyond(name, size, self.offset, bytes));
        beyond.or_else(|| misfit::among_fields(self.pointee()?, self.offset, bytes))
    }

    /// What is accessed, by its name.
    fn name(&self) -> &str {
        match self.to {
            To::Pointee(_, pointee) => &pointee.name,
            To::Static(of) => &of.name,
        }
    }

    fn symptom(&self) -> Symptom {
        let (offset, bytes) = (self.offset, self.bytes);
        match self.to {
            To::Pointee(register, _) => Symptom::PointeeAccess {
                register,
                offset,
                bytes,
                stride: self.stride,
            },
            To::Static(of) => Symptom::StaticAccess {
                of: of.place,
                offset,
                bytes,
            },
        }
    }

    fn candidate(&self, root: &RootFacts<'_>, seen: &Seen, misfit: Misfit) -> Candidate {
        let name = self.name();
        let help = match self.pointee() {
            Some(pointee) if self.is_of_descriptor(root) => format!(
                "declare `{}` as `#[repr(C, packed)]`: a `u16`, then a `u64`",
                pointee.name
            ),
            Some(pointee) if pointee.layout.is_none() => format!(
                "declare `{}` as `#[repr(C)]`, and access its fields where that puts them",
                pointee.name
            ),
            _ => format!(
                "keep the access at `{}` inside of `{name}`, or declare what is really there",
                root.name(seen.place)
            ),
        };
        let (label, declaration) = match self.to {
            To::Pointee(register, _) => (
                format!("`{register}` points to it"),
                root.declaration_note(),
            ),
            To::Static(_) => (format!("{} from `{name}` on", self.offset), Vec::new()),
        };
        Candidate {
            place: seen.place,
            cause: seen.place,
            block: seen.block,
            symptom: self.symptom(),
            at_most: misfit.is_mild.then_some(Level::Warn),
            message: format!(
                "`{}` accesses `{name}` otherwise than it is declared",
                root.root.name
            ),
            label,
            notes: [vec![misfit.what], declaration].concat(),
            help,
        }
    }
}
