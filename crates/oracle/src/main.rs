//! `oracle [--i386] [--states N] [--list] [FILE…]`: compares the forms in the code of
//! FILEs, or those of the committed list, with the processor. With `--list` it
//! prints the forms instead, as the committed list has them. With `--i386` it is about 32-bit code.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use abide::registers::InstructionSet;
    use oracle::form::{Forms, parse, print, scan};
    use oracle::guest::Guest;

    let mut states = 50;
    let mut lists = false;
    let mut set = InstructionSet::X86_64;
    let mut forms = Forms::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--states" => states = arguments.next().unwrap_or_default().parse()?,
            "--list" => lists = true,
            "--i386" => set = InstructionSet::X86,
            path if path.ends_with(".txt") => {
                for (name, examples) in parse(&std::fs::read_to_string(path)?, set) {
                    forms.entry(name).or_default().extend(examples);
                }
            }
            path => {
                for object in abide::inputs::read(path.as_ref())? {
                    scan(&object, set, &mut forms);
                }
            }
        }
    }
    if forms.is_empty() {
        let list = match set {
            InstructionSet::X86_64 => include_str!("../forms.txt"),
            InstructionSet::X86 => include_str!("../forms_i386.txt"),
        };
        forms = parse(list, set);
    }
    if lists {
        print!("{}", print(&forms));
        return Ok(());
    }
    let mut report =
        oracle::report::run(&forms, set, states).ok_or("failed to map memory for the runs")?;
    if set == InstructionSet::X86_64 {
        let directory = std::env::temp_dir().join(format!("oracle-{}", std::process::id()));
        report.add_guest(&forms, &mut Guest::new(&directory)?)?;
    }
    print!("{}", report.text());
    if report.differing().next().is_some() {
        return Err("the model differs from the processor".into());
    }
    Ok(())
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn main() {
    eprintln!("the oracle needs an x86-64 processor and Linux");
}
