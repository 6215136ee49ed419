//! One root of an image, decided by itself: what breaks code on purpose asks about the same root again
//! and again.

use super::contracts::surroundings;
use super::verdicts::{Extent, Job, RootVerdicts};
use crate::contracts::{self, Contract, Profile, Root, Told};
use crate::inputs::Image;
use crate::interpret::Code;
use crate::interpret::replay::Replayer;

/// Decides one root of an image, as the convention has it; `others` are roots too.
///
/// Where a rule is refuted, no verdict is given for the rules behind it; at most so many places
/// are searched for a run in all.
#[must_use]
pub fn judge_root(image: &Image, root: &Root, others: &[Root], searches: u32) -> RootVerdicts {
    let contract = Contract::of(contracts::platform_of(image.objects()));
    judge_root_as(image, root, &contract, others, searches)
}

/// Decides one root of an image, held to this contract; `others` are roots too.
#[must_use]
pub fn judge_root_as(
    image: &Image,
    root: &Root,
    contract: &Contract,
    others: &[Root],
    searches: u32,
) -> RootVerdicts {
    let platform = contracts::platform_of(image.objects());
    let mut around = surroundings(image, platform);
    for other in others {
        let contract = Contract::of(platform);
        around.contracted.insert(other.place, contract);
    }
    around.contracted.insert(root.place, contract.clone());
    let mut code = Code::new(image);
    let replayer = Replayer::new(image);
    let extent = Extent::FirstRefuted { searches };
    let root = Root {
        told: Told::ByCall,
        ..root.clone()
    };
    let job = Job {
        around: &around,
        replayer: &replayer,
        root: &root,
        contract,
        extent,
        profile: Profile::DeFacto,
    };
    job.decide(&mut code)
}
