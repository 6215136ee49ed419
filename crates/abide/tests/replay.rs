//! Replays of violations, on functions that NASM assembles here.

use std::path::{Path, PathBuf};
use std::process::Command;

use abide::contracts::Contract;
use abide::conventions::SYSTEM_V_X86_64 as CONVENTION;
use abide::inputs::{self, Image, Place, Resolved};
use abide::interpret::replay::{Garbled, Outcome, Replayer, Request, Symptom};
use abide::interpret::{Analysis, Base, Calls, Code, Event, Exit, Explorer, Surroundings, Value};
use abide::registers::Register;

fn assemble(test: &str, source: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
    std::fs::create_dir_all(&dir).unwrap();
    let asm = dir.join(format!("{test}.asm"));
    let object = dir.join(format!("{test}.o"));
    std::fs::write(&asm, source).unwrap();
    let mut nasm = Command::new("nasm");
    let output = nasm.args(["-f", "elf64", "-o"]).arg(&object).arg(&asm);
    let output = output.output().unwrap();
    assert!(output.status.success(), "{test}: {output:?}");
    object
}

/// What the abstract engine found that a replay could show.
fn candidates(analysis: &Analysis) -> Vec<(Symptom, u32)> {
    let mut found = Vec::new();
    for seen in &analysis.facts.events {
        let place = seen.place;
        let mut add = |symptom| found.push((symptom, seen.block));
        match &seen.event {
            Event::Exit { exit, state } => {
                let is_return = matches!(exit, Exit::Return(_));
                let balanced = Value::FRAME.plus(if is_return { 8 } else { 0 });
                let elsewhere = matches!(exit, Exit::Return(to) if *to != Value::RETURN_ADDRESS);
                if state.stack_pointer() != balanced || elsewhere {
                    add(Symptom::UnbalancedStack);
                }
                for register in CONVENTION.preserved.iter() {
                    let value = analysis.terms.as_base(state.register(register));
                    if value != Some(Base::Entry(register)) {
                        add(Symptom::Clobbered(register));
                    }
                }
                if state.direction != Some(false) {
                    add(Symptom::DirectionFlag);
                }
            }
            Event::Call {
                residue, direction, ..
            } => {
                if *residue != Some(8) {
                    add(Symptom::MisalignedCall { place });
                }
                if *direction != Some(false) {
                    add(Symptom::DirectionFlag);
                }
            }
            Event::AlignedAccess { residue, .. } if *residue != Some(0) => {
                add(Symptom::MisalignedAccess { place });
            }
            Event::UndefinedUse { .. } => add(Symptom::Undefined {
                place,
                of: None,
                shown: Garbled::Way,
            }),
            Event::BelowStackPointer { .. } => add(Symptom::BelowStackPointer { place }),
            Event::FellThrough { .. } => add(Symptom::FallThrough { place }),
            Event::UnprobedStep { .. } => add(Symptom::UnprobedStep { place }),
            Event::CallerFrameStore { offset, .. } => add(Symptom::OutOfFrameStore {
                place,
                beyond: *offset,
            }),
            _ => {}
        }
    }
    found
}

/// The symptoms that were replayed of `entry`, and those that were not.
fn replays(test: &str, body: &str) -> (Vec<Symptom>, Vec<Symptom>) {
    let source = format!(
        "default rel\nextern callee\nextern flag\nglobal entry\nsection .text\nentry:\n{body}\n"
    );
    let image = Image::new(inputs::read(&assemble(test, &source)).unwrap());
    let entry = image.global("entry").unwrap();
    let Some(Resolved::Place(root)) = image.resolve(entry) else {
        panic!("{test}: no entry");
    };
    replays_of(&image, root)
}

fn replays_of(image: &Image, root: Place) -> (Vec<Symptom>, Vec<Symptom>) {
    let contract = Contract::of(&CONVENTION);
    let mut around = Surroundings::new(image, &CONVENTION);
    around.contracted.insert(root, contract.clone());
    around.never_return = |name| name == "abort";
    let mut code = Code::new(image);
    let analysis = Explorer::analyse(&mut code, &around, Calls::ByContract, root, &contract);
    let replayer = Replayer::new(image);
    let (mut shown, mut not) = (Vec::new(), Vec::new());
    for (symptom, block) in candidates(&analysis) {
        let request = Request {
            root,
            calls: Calls::ByContract,
            symptom,
            block,
            analysis: &analysis,
        };
        match replayer.replay(&mut code, &around, &request) {
            Outcome::Shown(replay) => {
                println!("{symptom:?} {}", replay.tried);
                replay
                    .entry
                    .iter()
                    .for_each(|given| println!("    {given}"));
                replay.steps.iter().for_each(|step| {
                    println!(
                        "    {:#x}: {} x{}",
                        step.place.offset, step.what, step.times
                    )
                });
                shown.push(symptom);
            }
            Outcome::NotFound { tried, why, .. } => {
                println!("{symptom:?} not in {tried}: {why}");
                not.push(symptom);
            }
        }
    }
    (shown, not)
}

fn is_shown(test: &str, body: &str, wanted: impl Fn(Symptom) -> bool) {
    let (shown, not) = replays(test, body);
    assert!(
        shown.iter().any(|&symptom| wanted(symptom)),
        "{test}: shown {shown:?}, not {not:?}"
    );
}

fn is_not_shown(test: &str, body: &str) {
    let (shown, not) = replays(test, body);
    assert_eq!(shown, [], "{test}");
    assert_ne!(not, [], "{test}: nothing to replay");
}

const RBX: Symptom = Symptom::Clobbered(Register::RBX);

#[test]
fn a_clobbered_register_is_shown() {
    for (test, body) in [
        ("clobbered_always", "xor ebx, ebx\nret"),
        (
            "clobbered_behind_a_number",
            "cmp rdi, 1234567\njne .out\nxor ebx, ebx\n.out:\nret",
        ),
        (
            "clobbered_behind_memory",
            "mov rax, [rdi + 8]\nmov rax, [rax + 16]\ncmp dword [rax], 77\njne .out\nmov rbx, 1\n.out:\nret",
        ),
        (
            "clobbered_behind_arithmetic",
            "lea rax, [rdi + 4*rdi + 3]\nshl rax, 2\nxor rax, 0x55\ncmp rax, 1000 * 4 ^ 0x55\njne .out\nxor ebx, ebx\n.out:\nret",
        ),
        (
            "clobbered_behind_a_conjunction",
            "cmp edi, 100\njb .out\ntest dil, 15\njnz .out\ncmp rsi, rdi\njne .out\nbt rdx, 7\njnc .out\ncmp cl, 'x'\njne .out\nmov bl, 1\n.out:\nret",
        ),
        (
            "clobbered_behind_a_stack_argument",
            "mov rax, [rsp + 8]\nsub rax, 12\ncmp rax, 30\njne .out\nxor ebx, ebx\n.out:\nret",
        ),
        (
            "clobbered_behind_data",
            "mov rax, [rel flag wrt ..got]\ntest dword [rax + 4], 1 << 5\njz .out\nxor ebx, ebx\n.out:\nret",
        ),
        (
            "clobbered_after_a_loop",
            "push rbx\n.turn:\nadd rbx, [rdi]\nadd rdi, 8\ndec rsi\njnz .turn\nmov rax, rbx\nadd rsp, 8\nret",
        ),
        (
            "clobbered_in_the_third_turn",
            "xor eax, eax\n.turn:\ninc eax\ncmp eax, 3\njne .on\ncmp edx, 99\njne .on\nmov rbx, rax\n.on:\ncmp eax, esi\njb .turn\nret",
        ),
        (
            "clobbered_by_a_half_restore",
            "push rbx\nmov ebx, edi\nmov eax, ebx\nmov ebx, [rsp]\nadd rsp, 8\nret",
        ),
        (
            "clobbered_by_swapped_restores",
            "push rbx\npush rbp\nmov rbx, rdi\nmov rbp, rsi\npop rbx\npop rbp\nret",
        ),
        (
            "clobbered_by_a_helper",
            "push rdi\ncall help\npop rdi\nret\nhelp:\ncmp rdi, [rsp + 8]\njne .out\ntest rsi, rsi\njs .over\n.out:\nret\n.over:\nxor ebx, ebx\nret",
        ),
        (
            "clobbered_after_a_call",
            "push rbx\nmov ebx, edi\ncall callee\ncmp rax, 42\nje .early\npop rbx\nret\n.early:\nadd rsp, 8\nret",
        ),
        (
            "clobbered_where_both_flags_are_set",
            "mov eax, edi\ntest eax, 1\njz .one\nnop\n.one:\ntest eax, 2\njz .two\ntest eax, 1\njz .two\nxor ebx, ebx\n.two:\nret",
        ),
        (
            "clobbered_behind_an_answer",
            "mov r8, rbx\nmov eax, 7\nxor ecx, ecx\ncpuid\nbt ebx, 5\njc .out\nmov rbx, r8\n.out:\nret",
        ),
        (
            "clobbered_behind_rows_of_pointers",
            "push rbx\n.row:\nmov rax, [rdi]\nmov rbx, [rsi]\nmov ecx, edx\n.column:\nmov r8b, [rax]\nmov [rbx], r8b\ninc rax\ninc rbx\ndec ecx\njnz .column\nadd rdi, 8\nadd rsi, 8\ndec r9d\njg .row\ncmp r8b, 3\nje .out\nmov rbx, [rsp]\n.out:\nadd rsp, 8\nret",
        ),
        (
            "clobbered_by_a_tail_jump",
            "mov rbx, rdi\njmp callee wrt ..plt",
        ),
        (
            "clobbered_below_sp_by_a_callee",
            "mov [rsp - 16], rbx\nmov rbx, rdi\nsub rsp, 8\ncall callee\nadd rsp, 8\nmov rbx, [rsp - 16]\nret",
        ),
    ] {
        is_shown(test, body, |symptom| symptom == RBX);
    }
}

#[test]
fn what_no_run_does_is_not_shown() {
    for (test, body) in [
        (
            "correlated_bits",
            "mov rax, rdi\nimul rax, rdi\ntest al, 2\njz .out\nxor ebx, ebx\n.out:\nret",
        ),
        (
            "correlated_branches",
            "push rbx\nmov rax, rdi\nxor rax, rsi\ntest rax, rax\njnz .one\nmov rbx, rdx\n.one:\ncmp rdi, rsi\njne .two\npop rbx\nret\n.two:\nadd rsp, 8\nret",
        ),
        // A function may be made for multiples of 16.
        (
            "amount_of_an_input",
            "mov rcx, rdi\nand rcx, -16\nsub rsp, rcx\nmov [rsp], rsi\nadd rsp, rdi\nret",
        ),
        // The index stays in its object.
        (
            "index_out_of_bounds",
            "push rbx\nsub rsp, 64\nmov [rsp + rdi], rsi\nadd rsp, 64\npop rbx\nmov rax, rbx\nxor rax, rdi\nxor rax, rdi\nmov rbx, rax\nret",
        ),
        (
            "correlated_memory",
            "mov rcx, [rdi]\nmov rdx, [rdi]\ncmp rcx, rdx\nje .out\nxor ebx, ebx\n.out:\nret",
        ),
    ] {
        is_not_shown(test, body);
    }
}

#[test]
fn an_unbalanced_stack_is_shown() {
    for (test, body) in [
        ("unbalanced_push", "push rdi\nret"),
        (
            "unbalanced_on_one_path",
            "sub rsp, 24\ncmp rdi, 8\njbe .short\nadd rsp, 24\n.short:\nret",
        ),
        (
            "unbalanced_pop",
            "pop rax\ncmp rsi, 3\njne .on\nadd rsp, 8\n.on:\njmp rax",
        ),
        (
            "return_address_overwritten",
            "cmp edi, 9\njne .out\nmov [rsp], rsi\n.out:\nret",
        ),
        ("too_much_popped", "ret 8"),
        (
            "nowhere",
            "mov rbp, rsp\ntest edi, edi\nje .out\nxor ebp, ebp\n.out:\nmov rsp, rbp\nret",
        ),
    ] {
        is_shown(test, body, |symptom| symptom == Symptom::UnbalancedStack);
    }
}

#[test]
fn the_direction_flag_is_shown() {
    for (test, body) in [
        (
            "direction_at_return",
            "test edi, edi\njz .out\nstd\n.out:\nret",
        ),
        (
            "direction_at_call",
            "push rdi\nstd\ncall callee\ncld\npop rdi\nret",
        ),
    ] {
        is_shown(test, body, |symptom| symptom == Symptom::DirectionFlag);
    }
}

#[test]
fn a_misaligned_call_is_shown() {
    is_shown(
        "misaligned_call",
        "test rdi, rdi\njz .out\npush rdi\npush rsi\ncall callee\nadd rsp, 16\n.out:\nret",
        |symptom| matches!(symptom, Symptom::MisalignedCall { .. }),
    );
}

#[test]
fn a_misaligned_access_is_shown() {
    for (test, body) in [
        (
            "misaligned_access",
            "sub rsp, 16\nmovaps [rsp], xmm0\nadd rsp, 16\nret",
        ),
        (
            "misaligned_access_at_times",
            "sub rsp, 40\nvmovaps [rsp], ymm0\nadd rsp, 40\nret",
        ),
    ] {
        is_shown(test, body, |symptom| {
            matches!(symptom, Symptom::MisalignedAccess { .. })
        });
    }
}

#[test]
fn a_use_of_garbage_is_shown() {
    for (test, body) in [
        (
            "undefined_branch",
            "test r11, r11\njz .out\nnop\n.out:\nret",
        ),
        ("undefined_address", "mov rax, [rbx + 8]\nret"),
        (
            "undefined_after_a_call",
            "push rdi\ncall callee\npop rdi\ncmp esi, 4\nje .out\nnop\n.out:\nret",
        ),
        (
            "undefined_on_one_path",
            "cmp rdi, 5000\njb .on\nmov r11, rdi\n.on:\nmov al, [rsi + r11]\nret",
        ),
        (
            "undefined_bit",
            "mov eax, r12d\nand eax, 64\nje .out\nnop\n.out:\nret",
        ),
    ] {
        is_shown(test, body, |symptom| {
            matches!(symptom, Symptom::Undefined { .. })
        });
    }
}

#[test]
fn data_below_the_stack_pointer_is_shown() {
    for (test, body) in [
        (
            "below_the_red_zone",
            "mov [rsp - 136], rdi\nmov rax, [rsp - 136]\nret",
        ),
        (
            "below_a_moved_stack_pointer",
            "sub rsp, 256\nmov [rsp + 8], rdi\nadd rsp, 256\ncmp rsi, 12\njne .out\nmov rax, [rsp - 248]\n.out:\nret",
        ),
    ] {
        is_shown(test, body, |symptom| {
            matches!(symptom, Symptom::BelowStackPointer { .. })
        });
    }
}

#[test]
fn falling_through_is_shown() {
    is_shown(
        "fall_through",
        "cmp rdi, 77\nje .on\nret\n.on:\nnop",
        |symptom| matches!(symptom, Symptom::FallThrough { .. }),
    );
}

#[test]
fn an_unprobed_step_is_shown() {
    is_shown(
        "unprobed_step",
        "sub rsp, 3 * 4096\nmov [rsp], rdi\nadd rsp, 3 * 4096\nret",
        |symptom| matches!(symptom, Symptom::UnprobedStep { .. }),
    );
}

#[test]
fn a_store_to_the_callers_frame_is_shown() {
    is_shown(
        "out_of_frame",
        "cmp rdi, 1\nja .out\nmov [rsp + 16], rdi\n.out:\nret",
        |symptom| matches!(symptom, Symptom::OutOfFrameStore { .. }),
    );
}
