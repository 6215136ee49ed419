//! A change of machine code, and the image that has it. Nothing moves, so every other address
//! and relocation stays right: what needs room goes behind the section's end.

use abide::inputs::{Bytes, Image, Object, Place};

use iced_x86::Mnemonic;

use super::body::{Body, Step, moved};

/// The length of `jmp rel32`.
const JUMP: usize = 5;

/// What is changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edit {
    /// New bytes in the place of old ones.
    pub(crate) patches: Vec<(Place, Vec<u8>)>,
    /// Bytes behind the end of the section that the first patch is in.
    pub(crate) appended: Vec<u8>,
    /// A relocation in the place that goes along, and how far.
    pub(crate) carried: Option<(Place, i64)>,
}

impl Edit {
    /// New bytes at a place.
    pub(crate) fn patch(place: Place, bytes: Vec<u8>) -> Self {
        Self {
            patches: vec![(place, bytes)],
            ..Self::default()
        }
    }

    /// The instruction does nothing.
    pub(crate) fn drop(step: &Step) -> Self {
        Self::patch(step.place, nops(step.bytes.len()))
    }

    /// A detour around whole instructions: `before`, they themselves, `after`, and back.
    pub(crate) fn detour(body: &Body, site: &Site, before: &[u8], after: &[u8]) -> Self {
        let code = [before, &site.bytes, after].concat();
        let mut edit = Self::elsewhere(body, site, code);
        let back = site.place.offset + site.bytes.len() as i64;
        let at = body.section_size + edit.appended.len() as i64;
        edit.appended.extend(jump(at, back));
        edit
    }

    /// A detour to code in the place of one instruction, and those behind it that a jump covers.
    pub(crate) fn replaced(body: &Body, step: &Step, code: &[u8]) -> Option<Self> {
        let site = site(body, step)?;
        let (_, rest) = site.bytes.split_at(step.bytes.len());
        let mut edit = Self::elsewhere(body, &site, [code, rest].concat());
        let back = site.place.offset + site.bytes.len() as i64;
        let at = body.section_size + edit.appended.len() as i64;
        edit.appended.extend(jump(at, back));
        Some(edit)
    }

    /// A jump to code behind the section's end, which does not come back by itself.
    pub(crate) fn elsewhere(body: &Body, site: &Site, code: Vec<u8>) -> Self {
        let mut bytes = jump(site.place.offset, body.section_size);
        bytes.extend(nops(site.bytes.len().saturating_sub(JUMP)));
        Self {
            patches: vec![(site.place, bytes)],
            appended: code,
            carried: None,
        }
    }

    /// The image with this change.
    pub(crate) fn apply(&self, image: &Image) -> Image {
        let mut objects = image.objects().to_vec();
        for (at, (place, bytes)) in self.patches.iter().enumerate() {
            let appended = if at == 0 {
                self.appended.as_slice()
            } else {
                &[]
            };
            self.write(image, &mut objects, *place, bytes, appended);
        }
        Image::new(objects)
    }

    fn write(
        &self,
        image: &Image,
        objects: &mut [Object],
        place: Place,
        bytes: &[u8],
        appended: &[u8],
    ) {
        let Some(number) = image.object_of(place.section) else {
            return;
        };
        let first = image.section_id(number, abide::inputs::SectionIndex(0));
        let index = first.map_or(0, |first| (place.section.0 - first.0) as usize);
        let object = objects.get_mut(number as usize);
        let Some(section) = object.and_then(|object| object.sections.get_mut(index)) else {
            return;
        };
        let mut data = section.data.to_vec();
        let start = place.offset as usize;
        if let Some(old) = data.get_mut(start..start + bytes.len()) {
            old.copy_from_slice(bytes);
        }
        data.extend(appended);
        section.size = data.len() as u64;
        section.data = Bytes::new(data);
        if let Some((from, by)) = self.carried {
            let carried = section.relocations.iter_mut();
            for relocation in carried.filter(|r| r.offset == from.offset as u64) {
                relocation.offset = relocation.offset.wrapping_add_signed(by);
            }
            section
                .relocations
                .sort_by_key(|relocation| relocation.offset);
        }
    }
}

/// `jmp rel32` from one offset of a section to another.
fn jump(from: i64, to: i64) -> Vec<u8> {
    let distance = (to - from - JUMP as i64) as i32;
    [&[0xe9], distance.to_le_bytes().as_slice()].concat()
}

/// Instructions of one byte that do nothing.
pub(crate) fn nops(count: usize) -> Vec<u8> {
    vec![0x90; count]
}

/// Whole instructions that can be moved away for a jump.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Where they begin.
    pub(crate) place: Place,
    /// Their bytes.
    pub(crate) bytes: Vec<u8>,
    /// How far SP lies below where it was at the entry, before the first.
    pub(crate) depth: Option<i64>,
    /// Whether the last of them returns from the function.
    pub(crate) returns: bool,
}

/// The instructions from one on that a jump takes the place of, if they can be moved.
pub(crate) fn site(body: &Body, step: &Step) -> Option<Site> {
    if step.place.section != body.entry.section {
        return None;
    }
    let mut bytes = Vec::new();
    for each in body.run_from(step) {
        let is_free = !each.is_fixed
            && (each.instruction.mnemonic() == Mnemonic::Ret
                || each.instruction.flow_control() == iced_x86::FlowControl::Next);
        let is_met =
            each.place != step.place && (body.is_open || body.targets.contains(&each.place));
        if !is_free || is_met {
            return None;
        }
        bytes.extend(&each.bytes);
        if bytes.len() >= JUMP {
            return Some(Site {
                place: step.place,
                bytes,
                depth: step.depth,
                returns: each.is_return(),
            });
        }
    }
    None
}

/// All places of a body where a jump fits.
pub(crate) fn sites(body: &Body) -> impl Iterator<Item = Site> {
    body.iter().filter_map(move |step| site(body, step))
}

/// A call by the convention, with what is done before and after it.
pub(crate) fn around_call(body: &Body, call: &Step, before: &[u8], after: &[u8]) -> Option<Edit> {
    // `call rel32`: either a relocation has its distance, which goes along, or it counts anew.
    let is_near = call.bytes.len() == JUMP && call.bytes.first() == Some(&0xe8);
    if !is_near || call.place.section != body.entry.section {
        return None;
    }
    let by = body.section_size + before.len() as i64 - call.place.offset;
    let mut bytes = call.bytes.clone();
    if !call.is_fixed {
        let distance = call.instruction.near_branch_target() as i64 - call.end().offset - by;
        bytes
            .get_mut(1..)?
            .copy_from_slice(&(distance as i32).to_le_bytes());
    }
    let site = Site {
        place: call.place,
        bytes,
        depth: call.depth,
        returns: false,
    };
    let mut edit = Edit::detour(body, &site, before, after);
    edit.carried = call.is_fixed.then(|| (moved(call.place, 1), by));
    Some(edit)
}

/// Code just before each return: by turns one of these.
pub(crate) fn before_returns(body: &Body, codes: &[Vec<u8>]) -> Vec<Edit> {
    let mut turn = codes.iter().cycle();
    let sites = body.iter().filter_map(|step| site(body, step));
    let edits = sites.filter(|site| site.returns).filter_map(|site| {
        let code = turn.next()?;
        let (rest, _) = site.bytes.split_at(site.bytes.len() - 1);
        Some(Edit::elsewhere(body, &site, [rest, code, &[0xc3]].concat()))
    });
    edits.collect()
}
