//! Analyses the roots of the files given and counts what was seen.
use abide::{contracts, conventions, inputs, interpret, registers};
use interpret::*;
use std::collections::BTreeMap;
fn main() {
    let t = std::time::Instant::now();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let only = std::env::var("ROOT").ok();
    let mut objects = Vec::new();
    for f in &args {
        match inputs::read(f.as_ref()) {
            Ok(o) => objects.extend(o),
            Err(e) => eprintln!("{f}: {e}"),
        }
    }
    eprintln!("read {} objects {:?}", objects.len(), t.elapsed());
    let image = inputs::Image::new(objects);
    let roots = contracts::roots_of(&image, &Default::default(), std::env::var("ALL").is_ok());
    eprintln!("{} roots {:?}", roots.len(), t.elapsed());
    let convention = &conventions::SYSTEM_V_X86_64;
    let around = Surroundings {
        image: &image,
        convention,
        boundaries: Boundaries::new(&image),
        contracted: roots.iter().map(|r| r.place).collect(),
        never_return: |n| matches!(n, "abort" | "exit" | "__stack_chk_fail"),
    };
    eprintln!("boundaries {:?}", t.elapsed());
    let mut undefined: registers::RegisterSet = (0..16).map(registers::Register).collect();
    undefined = undefined.difference(convention.arguments);
    let mut code = Code::new(&image);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut visited = 0;
    let mut slow: Vec<(std::time::Duration, String, u64)> = vec![];
    let t = std::time::Instant::now();
    for root in &roots {
        if only.as_ref().is_some_and(|o| *o != root.name) {
            continue;
        }
        let t1 = std::time::Instant::now();
        let a = Explorer::analyse(&mut code, &around, Calls::ByContract, root.place, undefined);
        slow.push((t1.elapsed(), root.name.clone(), a.facts.visited));
        visited += a.facts.visited;
        let mut kinds = std::collections::BTreeSet::new();
        for seen in &a.facts.events {
            let mut details = String::new();
            let kind = match &seen.event {
                Event::Exit { exit, state } => {
                    let mut bad = vec![];
                    for r in convention.preserved.iter() {
                        if a.terms.as_base(state.register(r)) != Some(Base::Entry(r)) {
                            bad.push(r);
                            details += &format!(
                                " {r}={:?} parts {:?}",
                                state.register(r),
                                a.terms
                                    .parts(state.register(r).term)
                                    .iter()
                                    .map(|p| (a.terms.get(p.0), p.1))
                                    .collect::<Vec<_>>()
                            );
                        }
                    }
                    let sp = match exit {
                        Exit::Return(_) => Value::FRAME.plus(8),
                        _ => Value::FRAME,
                    };
                    if state.stack_pointer() != sp {
                        details += &format!(
                            "sp {:?} {:?}",
                            state.stack_pointer(),
                            a.terms
                                .parts(state.stack_pointer().term)
                                .iter()
                                .map(|p| (a.terms.get(p.0), p.1))
                                .collect::<Vec<_>>()
                        );
                        Some("BAD sp".to_string())
                    } else if let Exit::Return(v) = exit
                        && *v != Value::RETURN_ADDRESS
                    {
                        Some("BAD ra".into())
                    } else if !bad.is_empty() {
                        Some("BAD clobber".into())
                    } else if state.direction != Some(false) {
                        Some("BAD df".into())
                    } else {
                        None
                    }
                }
                Event::Call { residue, .. } => match residue {
                    Some(8) => None,
                    Some(_) => Some("BAD call align".into()),
                    None => Some("UNK call align".into()),
                },
                Event::AlignedAccess {
                    residue, address, ..
                } => {
                    if *residue != Some(0) {
                        details = show(&a.terms, *address);
                    }
                    match residue {
                        Some(0) => None,
                        Some(_) => Some("BAD access align".into()),
                        None => Some("UNK access align".into()),
                    }
                }
                Event::UndefinedUse { source, used } => {
                    details = format!("{:?} {:?}", a.terms.get(*source), used);
                    Some("BAD undefined".into())
                }
                Event::CallerFrameStore { .. } => None,
                Event::BelowStackPointer { .. } => Some("BAD below".into()),
                Event::FellThrough { into } => {
                    details = into.to_string();
                    Some("BAD fell".into())
                }
                Event::UnprobedStep { .. } => Some("warn unprobed".into()),
                Event::Unknown { reason } => Some(format!("UNK {reason:?}")),
            };
            if let Some(k) = kind {
                if only.is_some() || std::env::var("V").is_ok() {
                    println!(
                        "{} {k} at {:?}+{:#x} {details}",
                        root.name,
                        image.name_of(seen.place),
                        seen.place.offset
                    );
                }
                kinds.insert(k);
            }
        }
        if kinds.is_empty() {
            *counts.entry("proved".into()).or_default() += 1;
        }
        if kinds
            .iter()
            .any(|k| k.starts_with("BAD") || k.starts_with("UNK"))
        {
            *counts.entry("not decided or bad".into()).or_default() += 1;
            if std::env::var("L").is_ok() {
                println!("{} {:?}", root.name, kinds);
            }
        }
        for k in kinds {
            *counts.entry(k).or_default() += 1;
        }
    }
    println!("{:?} visited {visited}", t.elapsed());
    slow.sort();
    slow.reverse();
    for s in slow.iter().take(5) {
        println!("  {s:?}");
    }
    for (k, n) in counts {
        println!("{n:6} {k}");
    }
}

fn show(t: &Terms, v: Value) -> String {
    let p: Vec<String> = t
        .parts(v.term)
        .iter()
        .map(|p| {
            format!(
                "{}*{}",
                p.1,
                match t.get(p.0) {
                    Base::Function {
                        function,
                        bits,
                        inputs,
                    } => format!(
                        "{function:?}{bits}({}, {})",
                        show(t, inputs[0]),
                        show(t, inputs[1])
                    ),
                    b => format!("{b:?}"),
                }
            )
        })
        .collect();
    format!("{}{:+}", p.join(" + "), v.offset)
}
