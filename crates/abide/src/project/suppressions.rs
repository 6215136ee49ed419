//! Findings that the user has said are in order, each with a reason; and what is said for nothing.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::contracts::{self, Allowed, fits};
use crate::inputs::{Comment, Commented, Language, SourceLine, shown_name};
use crate::report::{ContractSummary, Report, Suppressed};
use crate::rules::{self, Facts, Finding, Level, Levels, Location, NEEDLESS_SUPPRESSION, Rule};

/// Why something is not needed that fits nothing begins so.
const FITS_NO: &str = "it fits no ";

/// All that is suppressed.
#[derive(Default)]
pub(super) struct Suppressions {
    all: Vec<Suppression>,
    /// Comments that cannot suppress anything.
    void: Vec<Finding>,
    /// By its place in `all`, and the symbol.
    used: RefCell<BTreeSet<(usize, String)>>,
    /// By what the types of functions are known.
    types: RefCell<HashMap<String, Vec<String>>>,
}

/// One rule that is not to be told of some symbols.
struct Suppression {
    rule: &'static Rule,
    scope: Scope,
    reason: String,
    /// Where it is said.
    line: SourceLine,
    /// What to do where it is not needed.
    help: String,
}

enum Scope {
    /// What a comment stands beside, by its names.
    Beside(Vec<String>),
    /// A glob over names.
    Named(String),
    /// A glob over types.
    Typed(String),
}

impl Suppressions {
    /// Those of `abide.toml` and of comments.
    pub(super) fn new<'a>(
        allowed: &[Allowed],
        comments: impl IntoIterator<Item = &'a Comment>,
    ) -> Self {
        let mut new = Self::default();
        new.all.extend(allowed.iter().flat_map(of_configuration));
        for comment in comments {
            for id in &comment.rules {
                match of_comment(comment, id) {
                    Ok(suppression) => new.all.push(suppression),
                    Err(finding) => new.void.push(*finding),
                }
            }
        }
        new
    }

    /// Takes in by what a function's type is known.
    pub(super) fn learn(&self, symbol: &str, types: Vec<String>) {
        self.types.borrow_mut().insert(symbol.to_owned(), types);
    }

    /// Whether findings of this rule are suppressed for all of these symbols.
    pub(super) fn cover<'a>(&self, rule: &str, symbols: impl IntoIterator<Item = &'a str>) -> bool {
        let by: Option<Vec<(usize, String)>> = symbols
            .into_iter()
            .map(|symbol| Some((self.by(rule, symbol)?, symbol.to_owned())))
            .collect();
        let is_covered = by.as_ref().is_some_and(|by| !by.is_empty());
        self.used.borrow_mut().extend(by.into_iter().flatten());
        is_covered
    }

    fn by(&self, rule: &str, symbol: &str) -> Option<usize> {
        let types = self.types.borrow();
        let types = types.get(symbol).map_or(&[][..], Vec::as_slice);
        let covers = |one: &Suppression| one.rule.id == rule && one.scope.fits(symbol, types);
        self.all.iter().position(covers)
    }

    /// Tells what was suppressed, and what is said for nothing.
    pub(super) fn tell(self, facts: &Facts<'_>, levels: &Levels, report: &mut Report) {
        let used = self.used.into_inner();
        let suppressed = used.iter().map(|(at, symbol)| {
            let by = &self.all[*at];
            Suppressed {
                rule: by.rule.id.into(),
                symbol: symbol.clone(),
                reason: by.reason.clone(),
                line: by.line.clone(),
            }
        });
        report.suppressed = suppressed.collect();
        let level = levels.of(&NEEDLESS_SUPPRESSION);
        if level == Level::Allow {
            return;
        }
        let names = names(facts);
        let types = self.types.into_inner();
        let judged = Judged {
            levels,
            report,
            names: &names,
            types: &types,
        };
        let used: HashSet<usize> = used.iter().map(|(at, _)| *at).collect();
        let all = self.all.iter().enumerate();
        let unused = all.filter(|(at, _)| !used.contains(at));
        let needless =
            unused.filter_map(|(_, one)| Some(one.needless(&names, &judged.why_not(one)?)));
        let needless: Vec<Finding> = needless.collect();
        let found = self.void.into_iter().chain(needless);
        let found = found.map(|finding| Finding { level, ..finding });
        report.findings.extend(found);
    }
}

/// One for each glob, so that each is needed by itself.
fn of_configuration(allowed: &Allowed) -> Vec<Suppression> {
    // The command has refused names of no rule.
    let rule = rules::find(allowed.rule.as_ref());
    let Some((rule, line)) = rule.zip(allowed.line.as_ref()) else {
        return Vec::new();
    };
    let named = allowed
        .symbols
        .iter()
        .map(|glob| (glob, Scope::Named as fn(String) -> Scope));
    let typed = allowed
        .types
        .iter()
        .map(|glob| (glob, Scope::Typed as fn(String) -> Scope));
    let is_sole = allowed.symbols.len() + allowed.types.len() == 1;
    let suppression = |(glob, scope): (&String, fn(String) -> Scope)| Suppression {
        rule,
        scope: scope(glob.clone()),
        reason: allowed.reason.clone(),
        line: line.clone(),
        help: match is_sole {
            true => format!("remove the `[[allow]]` of `{}`", rule.id),
            false => format!("remove `{glob}` from the `[[allow]]` of `{}`", rule.id),
        },
    };
    named.chain(typed).map(suppression).collect()
}

fn of_comment(comment: &Comment, id: &str) -> Result<Suppression, Box<Finding>> {
    let line = &comment.line;
    let beside = comment.names.first().map_or(id, String::as_str);
    let Some(rule) = rules::find(id) else {
        let nearest = rules::nearest(id).map_or("explain", |rule| rule.id);
        let message = format!("`{id}` is suppressed, and is no rule");
        let help = format!("write the name of a rule: the nearest is `{nearest}`");
        return Err(Box::new(finding(beside, message, line, &help)));
    };
    if comment.reason.is_empty() {
        let message = format!("`{id}` is suppressed without a reason, and so it is not");
        let help = format!("say why behind it: `abide: allow({id}) — reason`");
        return Err(Box::new(finding(beside, message, line, &help)));
    }
    if comment.names.is_empty() {
        let message = format!("`{id}` is suppressed beside nothing");
        let help = "write it directly above the declaration or the label, or behind it";
        return Err(Box::new(finding(beside, message, line, help)));
    }
    Ok(Suppression {
        rule,
        scope: Scope::Beside(comment.names.clone()),
        reason: comment.reason.clone(),
        line: line.clone(),
        help: format!("remove `{id}` from the comment"),
    })
}

impl Suppression {
    fn needless(&self, names: &HashSet<&str>, why: &str) -> Finding {
        let (id, symbol) = (self.rule.id, self.scope.shown(names));
        let message = format!("`{symbol}` needs no suppression of `{id}`: {why}");
        finding(symbol, message, &self.line, &self.help)
    }
}

/// A finding that a suppression is not needed.
#[derive(Debug, Clone, Copy)]
pub struct Unneeded<'a> {
    /// Where it is said.
    pub line: &'a SourceLine,
    /// What is suppressed in vain, without why.
    pub what: &'a str,
    /// Whether it fits nothing that is there.
    pub fits_nothing: bool,
}

impl<'a> Unneeded<'a> {
    /// What a finding says of a suppression; `None` of one of another rule.
    #[must_use]
    pub fn of(finding: &'a Finding) -> Option<Self> {
        let line = finding.places.first()?.line.as_ref()?;
        let (what, why) = match finding.message.split_once(": ") {
            Some((what, why)) => (what, why),
            None => (finding.message.as_str(), ""),
        };
        (finding.rule == NEEDLESS_SUPPRESSION.id).then_some(Self {
            line,
            what,
            fits_nothing: why.starts_with(FITS_NO),
        })
    }

    /// Whether it is of a suppression that did suppress something elsewhere.
    #[must_use]
    pub fn is_used(&self, suppressed: &Suppressed) -> bool {
        *self.line == suppressed.line && self.what.contains(&format!("`{}`", suppressed.rule))
    }
}

fn finding(symbol: &str, message: String, line: &SourceLine, help: &str) -> Finding {
    let place = Location {
        place: None,
        line: Some(line.clone()),
        label: "this suppresses nothing".to_owned(),
    };
    Finding {
        rule: NEEDLESS_SUPPRESSION.id,
        level: NEEDLESS_SUPPRESSION.level,
        symbol: symbol.to_owned(),
        message,
        places: vec![place],
        path: Vec::new(),
        frame: None,
        notes: Vec::new(),
        help: help.to_owned(),
    }
}

impl Scope {
    /// Whether a symbol is meant, by its name or as source has it.
    fn fits(&self, symbol: &str, types: &[String]) -> bool {
        let shown = shown_name(symbol);
        match self {
            Self::Beside(names) => names.iter().any(|name| name == symbol || *name == shown),
            Self::Named(glob) => fits(glob, symbol) || fits(glob, &shown),
            Self::Typed(glob) => types.iter().any(|ty| fits(glob, ty)),
        }
    }

    /// The glob, or the first name that is there.
    fn shown(&self, names: &HashSet<&str>) -> &str {
        match self {
            Self::Beside(all) => {
                let mut there = all.iter().filter(|name| names.contains(name.as_str()));
                there.next().or(all.first()).map_or("", String::as_str)
            }
            Self::Named(glob) | Self::Typed(glob) => glob,
        }
    }
}

/// What was judged of what is there.
struct Judged<'a> {
    levels: &'a Levels,
    report: &'a Report,
    names: &'a HashSet<&'a str>,
    types: &'a HashMap<String, Vec<String>>,
}

impl Judged<'_> {
    /// Why a suppression that suppressed nothing is not needed, if that is known.
    fn why_not(&self, one: &Suppression) -> Option<String> {
        match &one.scope {
            Scope::Named(glob) if !self.names.iter().any(|name| one.scope.fits(name, &[])) => {
                let nearest = contracts::told_nearest(self.names.iter().copied(), glob);
                Some(format!("{FITS_NO}symbol of what was given{nearest}"))
            }
            // Types are learnt where contracts are judged.
            Scope::Typed(_) if self.report.contracts.is_some() && !self.knows_type_of(one) => {
                Some(format!("{FITS_NO}type of a function that was judged"))
            }
            _ => self.keeps(one).then(|| "it is kept".to_owned()),
        }
    }

    fn knows_type_of(&self, one: &Suppression) -> bool {
        let mut types = self.types.values();
        types.any(|types| one.scope.fits("", types))
    }

    /// Whether a rule was judged wherever it is suppressed, and is kept there.
    fn keeps(&self, one: &Suppression) -> bool {
        if self.levels.of(one.rule) == Level::Allow {
            return false;
        }
        if one.rule.is_of_contracts() {
            let contracts = self.report.contracts.as_ref();
            return contracts.is_some_and(|contracts| is_proved(contracts, one, self.types));
        }
        let is_judged = |rule: &Rule| {
            let mut not = self.report.not_applicable.iter();
            !not.any(|not| not.rule == rule.id)
        };
        is_judged(one.rule) && self.names.iter().any(|name| one.scope.fits(name, &[]))
    }
}

/// Whether the rule is proved of each root that is meant, and there is one.
fn is_proved(
    contracts: &ContractSummary,
    one: &Suppression,
    types: &HashMap<String, Vec<String>>,
) -> bool {
    let roots = contracts.roots.iter();
    let meant = roots.filter(|root| {
        let types = types.get(&root.name).map_or(&[][..], Vec::as_slice);
        one.scope.fits(&root.name, types)
    });
    let mut verdicts = meant.flat_map(|root| {
        let verdicts = root.verdicts.iter();
        verdicts
            .filter(|(rule, _)| one.rule.id == rules::UNDECIDED.id || one.rule.id == rule.as_ref())
    });
    let mut is_any = false;
    let is_kept = verdicts.all(|(_, verdict)| {
        is_any = true;
        match one.rule.id == rules::UNDECIDED.id {
            true => verdict != "unknown",
            false => verdict == "proved",
        }
    });
    is_any && is_kept
}

/// All symbols and objects of the unit.
fn names<'a>(facts: &Facts<'a>) -> HashSet<&'a str> {
    let objects = facts.unit.objects.iter();
    let names = objects.flat_map(|object| {
        let symbols = object.symbols.iter().map(|symbol| symbol.name.as_str());
        symbols.chain([object.name.as_str()])
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// The source in assembly that objects of the unit were made of.
pub(super) fn assembly(facts: &Facts<'_>) -> Commented {
    let objects = facts.unit.objects.iter().enumerate();
    let assembly = objects.filter(|(_, object)| object.language == Language::Assembly);
    let files = assembly.flat_map(|(at, _)| facts.unit.source_files(at));
    Commented::read(files.map(|file| file.to_string()).collect())
}
