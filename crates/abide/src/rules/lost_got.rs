use super::facts::Facts;
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::link::{Output, UnitPlace};
use crate::inputs::{Relocation, RelocationKind, RelocationTarget, SectionIndex};

pub(super) static RULE: Rule = Rule {
    id: "lost_got",
    level: Level::Deny,
    page: include_str!("lost_got.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    match facts.unit.options.output {
        Some(Output::Flat) => Outcome::Judged(judge(facts).into_iter().collect()),
        Some(Output::FlatByLld) => {
            Outcome::NotApplicable("LLD makes a global offset table in a flat image")
        }
        // What is not flat keeps its table.
        _ => Outcome::Judged(Vec::new()),
    }
}

/// One finding for all of the link: it has one cause, and the prebuilt `core` alone has hundreds
/// of such places.
fn judge(facts: &Facts<'_>) -> Option<Finding> {
    let mut places = places(facts);
    let (place, relocation) = places.next()?;
    let count = 1 + places.count();
    let object = facts.unit.objects.get(place.object)?;
    let through = match name(facts, place.object, relocation) {
        Some(name) => format!("the address of `{name}`"),
        None => "an address".to_owned(),
    };
    let mut finding = RULE.finding(
        &object.name,
        format!(
            "`{}` takes {through} from the global offset table, which GNU ld leaves out of a flat image",
            object.name
        ),
        "link to ELF, with `.got` in the linker script, and make it flat with `objcopy -O binary`"
            .to_owned(),
    );
    let label = match relocation.kind {
        RelocationKind::GotRelative => "this reads the first bytes of the symbol itself",
        _ => "this counts on a table that is not there",
    };
    finding.places.push(facts.location(place, label));
    if count > 1 {
        finding
            .notes
            .push(format!("the link holds {count} such places"));
    }
    Some(finding)
}

/// Where code or data that joins the image counts on the table.
fn places<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (UnitPlace, &'a Relocation)> {
    let unit = facts.unit;
    let objects = unit.objects.iter().enumerate();
    objects.flat_map(move |(object, found)| {
        let sections = (0..).map(SectionIndex).zip(&found.sections);
        let joined =
            sections.filter(move |(section, of)| of.flags.alloc && unit.is_live(object, *section));
        joined.flat_map(move |(section, of)| {
            let relocations = of.relocations.iter().filter(|r| counts_on_table(r.kind));
            relocations.map(move |relocation| {
                let offset = relocation.offset;
                let place = UnitPlace {
                    object,
                    section,
                    offset,
                };
                (place, relocation)
            })
        })
    })
}

const fn counts_on_table(kind: RelocationKind) -> bool {
    matches!(
        kind,
        RelocationKind::GotRelative
            | RelocationKind::Got
            | RelocationKind::GotOffset
            | RelocationKind::GotSlot
    )
}

fn name<'a>(facts: &Facts<'a>, object: usize, relocation: &Relocation) -> Option<&'a str> {
    let RelocationTarget::Symbol(symbol) = relocation.target else {
        return None;
    };
    let symbols = &facts.unit.objects.get(object)?.symbols;
    let name = symbols.get(symbol.0 as usize)?.name.as_str();
    (!name.is_empty()).then_some(name)
}
