//! Findings that the user has said are in order, each with a reason; and what is said for nothing.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::contracts::{Allowed, fits};
use crate::inputs::{Comment, Commented, Language, SourceLine, shown_name};
use crate::report::{ContractSummary, Report, Suppressed};
use crate::rules::{self, Facts, Finding, Level, Levels, Location, NEEDLESS_SUPPRESSION, Rule};

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
}

enum Scope {
    /// By names.
    Names(Vec<String>),
    /// By globs over names, and over types.
    Globs(Vec<String>, Vec<String>),
}

impl Suppressions {
    /// Those of `abide.toml` and of comments.
    pub(super) fn new<'a>(
        allowed: &[Allowed],
        comments: impl IntoIterator<Item = &'a Comment>,
    ) -> Self {
        let mut new = Self::default();
        for allowed in allowed {
            // The command has refused names of no rule.
            let rule = rules::find(allowed.rule.as_ref());
            let said = rule.zip(allowed.line.clone());
            new.all.extend(said.map(|(rule, line)| Suppression {
                rule,
                scope: Scope::Globs(allowed.symbols.clone(), allowed.types.clone()),
                reason: allowed.reason.clone(),
                line,
            }));
        }
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
        let needless = all.filter(|(at, one)| !used.contains(at) && judged.keeps(one));
        let needless: Vec<Finding> = needless.map(|(_, one)| one.needless(&names)).collect();
        let found = self.void.into_iter().chain(needless);
        let found = found.map(|finding| Finding { level, ..finding });
        report.findings.extend(found);
    }
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
        scope: Scope::Names(comment.names.clone()),
        reason: comment.reason.clone(),
        line: line.clone(),
    })
}

impl Suppression {
    fn needless(&self, names: &HashSet<&str>) -> Finding {
        let (id, symbol) = (self.rule.id, self.scope.shown(names));
        let message = format!("`{symbol}` needs no suppression of `{id}`: it is kept");
        let help = match &self.scope {
            Scope::Names(_) => format!("remove `{id}` from the comment"),
            Scope::Globs(..) => format!("remove the `[[allow]]` of `{id}`"),
        };
        finding(symbol, message, &self.line, &help)
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
            Self::Names(names) => names.iter().any(|name| name == symbol || *name == shown),
            Self::Globs(symbols, of_types) => {
                let mut symbols = symbols.iter();
                let mut of_types = of_types.iter();
                symbols.any(|glob| fits(glob, symbol) || fits(glob, &shown))
                    || of_types.any(|glob| types.iter().any(|ty| fits(glob, ty)))
            }
        }
    }

    /// The first that is meant, and is there if one is.
    fn shown(&self, names: &HashSet<&str>) -> &str {
        let (all, types) = match self {
            Self::Names(all) => (all, &[][..]),
            Self::Globs(all, types) => (all, types.as_slice()),
        };
        let mut there = all.iter().filter(|name| names.contains(name.as_str()));
        let shown = there.next().or(all.first()).or(types.first());
        shown.map_or("", String::as_str)
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
