//! What the lifter makes of tricky instructions, and what the concrete evaluator makes of that.
//!
//! The processor judges the bulk of forms (`crates/oracle`); here is what needs
//! relocations, and what is worth reading.

use abide::inputs::{
    Bytes, Format, Image, Language, Object, ObjectKind, Place, Relocation, RelocationKind,
    RelocationTarget, Section, SectionFlags, SectionId, SectionIndex, Symbol, SymbolIndex,
    SymbolKind, SymbolPlace,
};
use abide::machine::concrete::{Destination, Layout, Machine, Step};
use abide::machine::x86::{LiftError, Lifter};
use abide::machine::{Effect, Effects, Flow, Operation, Reference, Target};
use abide::registers::{Flags, InstructionSet, Register};

const STACK: u64 = 0x7000_0000;

/// Section 0 is the code, section 1 a table of 8-byte numbers, symbol 0 is
/// defined elsewhere.
fn image(code: &[u8], relocations: Vec<Relocation>) -> Image {
    let table: Vec<u8> = (0..8_u64)
        .flat_map(|n| (n * 0x1111).to_le_bytes())
        .collect();
    let flags = SectionFlags {
        alloc: true,
        write: false,
        execute: true,
    };
    let section = |name: &str, data: &[u8], relocations| Section {
        name: name.into(),
        address: 0,
        size: data.len() as u64,
        align: 1,
        flags,
        comdat: false,
        data: Bytes::new(data.to_vec()),
        relocations,
    };
    let symbol = Symbol {
        name: "elsewhere".into(),
        kind: SymbolKind::Untyped,
        binding: abide::inputs::Binding::Global,
        visibility: abide::inputs::Visibility::Default,
        place: SymbolPlace::Undefined,
        value: 0,
        size: 0,
    };
    Image::new(vec![Object {
        name: "test.o".into(),
        format: Format::Elf { is_64: true },
        kind: ObjectKind::Relocatable,
        instruction_set: Some(InstructionSet::X86_64),
        language: Language::Assembly,
        sections: vec![
            section(".text", code, relocations),
            section(".rodata", &table, Vec::new()),
        ],
        symbols: vec![symbol],
        dynamic_symbols: Vec::new(),
        executable_stack: false,
        text_relocations: false,
        entry: None,
        data: Bytes::default(),
    }])
}

fn relocation(offset: u64, kind: RelocationKind, size: u8, addend: i64) -> Relocation {
    Relocation {
        offset,
        kind,
        size,
        target: RelocationTarget::Section(SectionIndex(1)),
        addend,
    }
}

fn place(section: u32, offset: i64) -> Place {
    Place {
        section: SectionId(section),
        offset,
    }
}

fn lift(image: &Image) -> Effects {
    let mut effects = Effects::new();
    Lifter::new(image)
        .lift(place(0, 0), &mut effects)
        .expect("an instruction");
    effects
}

fn effects_of(code: &[u8]) -> Effects {
    lift(&image(code, Vec::new()))
}

/// Runs one instruction, after `set`, and asks `check` about the state.
fn run(code: &[u8], set: impl Fn(&mut Machine<'_>), check: impl Fn(&mut Machine<'_>, Step)) {
    run_in(&image(code, Vec::new()), set, check);
}

fn run_in(image: &Image, set: impl Fn(&mut Machine<'_>), check: impl Fn(&mut Machine<'_>, Step)) {
    let effects = lift(image);
    let layout = Layout::new(image);
    let mut machine = Machine::new(&layout, 1);
    machine.set(Register::RSP, STACK);
    set(&mut machine);
    let step = machine.step(&effects, place(0, 0));
    check(&mut machine, step);
}

fn poke(machine: &mut Machine<'_>, address: u64, value: u64) {
    let value = abide::machine::concrete::Value::number(value);
    machine.memory().write(address, 8, value);
}

fn peek(machine: &mut Machine<'_>, address: u64) -> u64 {
    machine
        .memory()
        .read(address, 8)
        .known()
        .expect("known memory")
}

fn reads_nothing(effects: &Effects) -> bool {
    !effects.list.iter().any(|effect| {
        matches!(
            effect,
            Effect::Read { .. } | Effect::Test { .. } | Effect::Load { .. }
        )
    })
}

#[test]
fn writes_of_8_and_16_bits_keep_the_rest_and_of_32_do_not() {
    let rax = |code: &[u8], expected: u64| {
        run(
            code,
            |machine| machine.set(Register::RAX, 0x1122_3344_5566_7788),
            |machine, _| assert_eq!(machine.get(Register::RAX), Some(expected), "{code:02x?}"),
        );
    };
    rax(&[0xb0, 0x05], 0x1122_3344_5566_7705); // mov al, 5
    rax(&[0xb4, 0x05], 0x1122_3344_5566_0588); // mov ah, 5
    rax(&[0x66, 0xb8, 5, 0], 0x1122_3344_5566_0005); // mov ax, 5
    rax(&[0xb8, 5, 0, 0, 0], 5); // mov eax, 5
    rax(&[0x0f, 0x44, 0xc0], 0x5566_7788); // cmove eax, eax, taken or not
}

#[test]
fn spl_and_ah_are_told_apart_by_rex() {
    let code = |prefix: &[u8]| [prefix, &[0x88, 0xe0]].concat(); // mov al, ah or mov al, spl
    for (prefix, expected) in [(&[][..], 0x77), (&[0x40][..], 0x00)] {
        run(
            &code(prefix),
            |machine| machine.set(Register::RAX, 0x7788),
            |machine, _| {
                assert_eq!(machine.get(Register::RAX), Some(0x7700 | expected));
            },
        );
    }
}

#[test]
fn push_rsp_pushes_the_old_value_and_pop_rsp_keeps_what_was_popped() {
    run(
        &[0x54],
        |_| {},
        |machine, _| {
            assert_eq!(machine.get(Register::RSP), Some(STACK - 8));
            assert_eq!(peek(machine, STACK - 8), STACK);
        },
    );
    run(
        &[0x5c],
        |machine| poke(machine, STACK, 42),
        |machine, _| {
            assert_eq!(machine.get(Register::RSP), Some(42));
        },
    );
}

#[test]
fn pop_to_the_stack_counts_from_the_new_rsp_and_push_from_the_old() {
    // pop qword [rsp + 8]
    run(
        &[0x8f, 0x44, 0x24, 8],
        |machine| poke(machine, STACK, 42),
        |machine, _| assert_eq!(peek(machine, STACK + 16), 42),
    );
    // push qword [rsp + 8]
    run(
        &[0xff, 0x74, 0x24, 8],
        |machine| poke(machine, STACK + 8, 42),
        |machine, _| assert_eq!(peek(machine, STACK - 8), 42),
    );
}

#[test]
fn enter_makes_a_frame_and_leave_takes_it_away() {
    run(
        &[0xc8, 0x20, 0, 0], // enter 32, 0
        |machine| machine.set(Register::RBP, 7),
        |machine, _| {
            assert_eq!(machine.get(Register::RBP), Some(STACK - 8));
            assert_eq!(machine.get(Register::RSP), Some(STACK - 8 - 32));
            assert_eq!(peek(machine, STACK - 8), 7);
        },
    );
    run(
        &[0xc9],
        |machine| {
            machine.set(Register::RBP, STACK + 64);
            poke(machine, STACK + 64, 7);
        },
        |machine, _| {
            assert_eq!(machine.get(Register::RBP), Some(7));
            assert_eq!(machine.get(Register::RSP), Some(STACK + 72));
        },
    );
}

#[test]
fn xchg_of_registers_swaps_them() {
    run(
        &[0x48, 0x87, 0xd8], // xchg rax, rbx
        |machine| {
            machine.set(Register::RAX, 1);
            machine.set(Register::RBX, 2);
        },
        |machine, _| {
            assert_eq!(machine.get(Register::RAX), Some(2));
            assert_eq!(machine.get(Register::RBX), Some(1));
        },
    );
}

#[test]
fn cmpxchg_writes_the_accumulator_only_where_the_values_differ() {
    let set = |rax: u64| {
        move |machine: &mut Machine<'_>| {
            machine.set(Register::RAX, rax);
            machine.set(Register::RBX, 0xaaaa_aaaa_0000_0005);
            machine.set(Register::RCX, 9);
        }
    };
    let code = [0x0f, 0xb1, 0xcb]; // cmpxchg ebx, ecx
    run(&code, set(0xffff_ffff_0000_0005), |machine, _| {
        assert_eq!(machine.get(Register::RAX), Some(0xffff_ffff_0000_0005));
        assert_eq!(machine.get(Register::RBX), Some(9));
        assert_eq!(machine.flag(Flags::ZF), Some(true));
    });
    run(&code, set(0xffff_ffff_0000_0006), |machine, _| {
        assert_eq!(machine.get(Register::RAX), Some(5));
        assert_eq!(machine.flag(Flags::ZF), Some(false));
    });
}

#[test]
fn string_instructions_step_backwards_when_df_is_set() {
    run(
        &[0xf3, 0x48, 0xa5], // rep movsq
        |machine| {
            machine.set(Register::RSI, STACK + 8);
            machine.set(Register::RDI, STACK + 0x108);
            machine.set(Register::RCX, 2);
            machine.set_flags(Flags::DF, Flags::DF);
            poke(machine, STACK, 1);
            poke(machine, STACK + 8, 2);
        },
        |machine, _| {
            assert_eq!(machine.get(Register::RCX), Some(0));
            assert_eq!(machine.get(Register::RSI), Some(STACK - 8));
            assert_eq!(machine.get(Register::RDI), Some(STACK + 0xf8));
            assert_eq!(peek(machine, STACK + 0x100), 1);
            assert_eq!(peek(machine, STACK + 0x108), 2);
            let extents: Vec<_> = machine
                .accesses()
                .iter()
                .map(|access| (access.address, access.bytes, access.is_store))
                .collect();
            assert_eq!(
                extents,
                [(STACK, 16, false), (STACK + 0x100, 16, true)],
                "one extent each"
            );
        },
    );
}

#[test]
fn a_shift_by_zero_keeps_flags() {
    let shift = [0x48, 0xd3, 0xe0]; // shl rax, cl
    for (count, expected) in [(0, true), (64, true), (1, false)] {
        run(
            &shift,
            |machine| {
                machine.set(Register::RAX, 1);
                machine.set(Register::RCX, count);
                machine.set_flags(Flags::CF, Flags::CF);
            },
            |machine, _| assert_eq!(machine.flag(Flags::CF), Some(expected), "by {count}"),
        );
    }
    let by_constant = effects_of(&[0x48, 0xc1, 0xe0, 0x40]); // shl rax, 64
    assert!(
        !by_constant
            .list
            .iter()
            .any(|effect| matches!(effect, Effect::SetFlags { .. }))
    );
}

#[test]
fn bsf_of_zero_keeps_its_whole_target() {
    for code in [&[0x0f, 0xbc, 0xc3][..], &[0x48, 0x0f, 0xbc, 0xc3]] {
        run(
            code, // bsf eax, ebx and bsf rax, rbx
            |machine| {
                machine.set(Register::RAX, 0x1122_3344_5566_7788);
                machine.set(Register::RBX, 0);
            },
            |machine, _| {
                assert_eq!(machine.get(Register::RAX), Some(0x1122_3344_5566_7788));
                assert_eq!(machine.flag(Flags::ZF), Some(true));
                assert_eq!(machine.flag(Flags::CF), None, "undefined");
            },
        );
    }
}

#[test]
fn idioms_read_nothing() {
    for code in [
        &[0x31, 0xc0][..],                           // xor eax, eax
        &[0x29, 0xc0],                               // sub eax, eax
        &[0x83, 0xe0, 0x00],                         // and eax, 0
        &[0x48, 0x83, 0xc8, 0xff],                   // or rax, -1
        &[0x39, 0xc0],                               // cmp eax, eax
        &[0x66, 0x0f, 0xef, 0xc0],                   // pxor xmm0, xmm0
        &[0x0f, 0x57, 0xc0],                         // xorps xmm0, xmm0
        &[0x66, 0x0f, 0x76, 0xc0],                   // pcmpeqd xmm0, xmm0
        &[0xc5, 0xf1, 0xef, 0xc1],                   // vpxor xmm0, xmm1, xmm1
        &[0x62, 0xf3, 0x75, 0x48, 0x25, 0xc1, 0xff], // vpternlogd zmm0, zmm1, zmm1, 255
    ] {
        assert!(reads_nothing(&effects_of(code)), "{code:02x?}");
    }
    let sbb = effects_of(&[0x19, 0xc0]); // sbb eax, eax
    assert!(!sbb.list.iter().any(|e| matches!(e, Effect::Read { .. })));
    let other = effects_of(&[0x31, 0xd8]); // xor eax, ebx
    assert!(!reads_nothing(&other));
}

#[test]
fn a_relocated_displacement_is_an_address_beside_an_index() {
    // mov rax, [table + 8 + rcx*8]
    let code = [0x48, 0x8b, 0x04, 0xcd, 0, 0, 0, 0];
    let image = image(&code, vec![relocation(4, RelocationKind::Absolute, 32, 8)]);
    let effects = lift(&image);
    let expected = Reference::Place(place(1, 8));
    assert!(effects.list.iter().any(
        |effect| matches!(effect, Effect::Address { reference, .. } if *reference == expected)
    ));
    run_in(
        &image,
        |machine| machine.set(Register::RCX, 2),
        |machine, _| assert_eq!(machine.get(Register::RAX), Some(0x3333)),
    );
}

#[test]
fn a_distance_in_a_displacement_is_a_difference_of_addresses() {
    // lea rdi, [rdi + (table - here)], where rdi is the address of `here`.
    let code = [0x48, 0x8d, 0xbf, 0, 0, 0, 0];
    let image = image(&code, vec![relocation(3, RelocationKind::Relative, 32, 3)]);
    let effects = lift(&image);
    assert!(effects.list.iter().any(|effect| matches!(
        effect,
        Effect::Compute {
            operation: Operation::Subtract,
            ..
        }
    )));
    let layout = Layout::new(&image);
    let (here, table) = (
        layout.address_of(place(0, 0)),
        layout.address_of(place(1, 0)),
    );
    run_in(
        &image,
        |machine| machine.set(Register::RDI, here),
        |machine, _| assert_eq!(machine.get(Register::RDI), Some(table)),
    );
}

#[test]
fn relative_addresses_count_from_the_next_instruction() {
    // cmp dword [rip + table + 16], 5: an immediate follows the displacement.
    let code = [0x83, 0x3d, 0, 0, 0, 0, 5];
    let effects = lift(&image(
        &code,
        vec![relocation(2, RelocationKind::Relative, 32, 16 - 5)],
    ));
    let expected = Reference::Place(place(1, 16));
    assert!(matches!(effects.list[0], Effect::Address { reference, .. } if reference == expected));
    // Without a relocation it is a place of the same section.
    let effects = effects_of(&[0x48, 0x8d, 0x05, 0x10, 0, 0, 0]); // lea rax, [rip + 16]
    let expected = Reference::Place(place(0, 23));
    assert!(matches!(effects.list[0], Effect::Address { reference, .. } if reference == expected));
}

#[test]
fn an_address_in_32_bits_fills_the_register() {
    // mov edi, table + 8
    let image = image(
        &[0xbf, 0, 0, 0, 0],
        vec![relocation(1, RelocationKind::Absolute, 32, 8)],
    );
    assert!(matches!(
        lift(&image).list[..],
        [Effect::Address { .. }, Effect::Write { part, .. }] if part.bits == 64
    ));
}

#[test]
fn a_call_through_the_offset_table_reaches_the_symbol() {
    // call [rip + elsewhere@GOTPCREL]
    let mut entry = relocation(2, RelocationKind::GotRelative, 32, -4);
    entry.target = RelocationTarget::Symbol(SymbolIndex(0));
    let image = image(&[0xff, 0x15, 0, 0, 0, 0], vec![entry]);
    run_in(
        &image,
        |_| {},
        |machine, step| {
            assert!(matches!(step, Step::Call(Destination::External(_))));
            let next = Layout::new(&image).address_of(place(0, 6));
            assert_eq!(peek(machine, STACK - 8), next);
        },
    );
}

#[test]
fn calls_and_branches_follow_relocations() {
    // call elsewhere
    let mut call = relocation(1, RelocationKind::PltRelative, 32, -4);
    call.target = RelocationTarget::Symbol(SymbolIndex(0));
    let effects = lift(&image(&[0xe8, 0, 0, 0, 0], vec![call]));
    assert!(matches!(
        effects.flow,
        Flow::Call(Target::Direct(Reference::External(_, 0)))
    ));
    // jne table + 8
    let branch = relocation(2, RelocationKind::Relative, 32, 8 - 4);
    let effects = lift(&image(&[0x0f, 0x85, 0, 0, 0, 0], vec![branch]));
    let expected = Reference::Place(place(1, 8));
    assert!(matches!(effects.flow, Flow::Branch { target, .. } if target == expected));
}

#[test]
fn an_odd_relocation_leaves_the_number_open() {
    // Half of a displacement.
    let effects = lift(&image(
        &[0x48, 0x8d, 0xbf, 0, 0, 0, 0],
        vec![relocation(3, RelocationKind::Absolute, 16, 0)],
    ));
    assert!(matches!(effects.list[0], Effect::Opaque { .. }));
    // Thread-local storage.
    let effects = lift(&image(
        &[0x48, 0x8d, 0xbf, 0, 0, 0, 0],
        vec![relocation(3, RelocationKind::Tls, 32, 0)],
    ));
    assert!(matches!(effects.list[0], Effect::Opaque { .. }));
    // The opcode itself.
    let effects = lift(&image(
        &[0x48, 0x8d, 0xbf, 0, 0, 0, 0],
        vec![relocation(0, RelocationKind::Absolute, 16, 0)],
    ));
    assert!(matches!(effects.flow, Flow::Unknown(_)));
    // The target of a branch.
    let effects = lift(&image(
        &[0xe9, 0, 0, 0, 0],
        vec![relocation(2, RelocationKind::Relative, 16, 0)],
    ));
    assert!(matches!(effects.flow, Flow::Unknown(_)));
}

#[test]
fn relocations_are_found_wherever_the_lifter_jumps() {
    let code = [0xbf, 0, 0, 0, 0].repeat(40); // mov edi, table + n
    let relocations = (0..40)
        .map(|n| relocation(5 * n + 1, RelocationKind::Absolute, 32, n as i64))
        .collect();
    let image = image(&code, relocations);
    let mut lifter = Lifter::new(&image);
    let mut effects = Effects::new();
    for n in [0, 1, 2, 39, 5, 4, 30, 31, 0] {
        lifter.lift(place(0, 5 * n), &mut effects).expect("a mov");
        let expected = Reference::Place(place(1, n));
        assert!(
            matches!(effects.list[0], Effect::Address { reference, .. } if reference == expected),
            "{n}"
        );
    }
}

#[test]
fn where_there_is_no_instruction_is_an_error() {
    let image = image(&[0x90, 0x06, 0x48], Vec::new());
    let mut lifter = Lifter::new(&image);
    let mut effects = Effects::new();
    let mut at = |offset| lifter.lift(place(0, offset), &mut effects);
    assert_eq!(at(0), Ok(()));
    assert_eq!(at(1), Err(LiftError::Invalid));
    assert_eq!(at(2), Err(LiftError::Truncated));
    assert_eq!(at(3), Err(LiftError::Outside));
    assert_eq!(at(-1), Err(LiftError::Outside));
}

#[test]
fn a_vector_spill_passes_through_whole_and_vzeroall_writes_sixteen() {
    // movdqa [rsp], xmm6
    let spill = effects_of(&[0x66, 0x0f, 0x7f, 0x34, 0x24]);
    assert!(spill.list.iter().any(|effect| matches!(
        effect,
        Effect::Store {
            bits: 128,
            align: 16,
            ..
        }
    )));
    let all = effects_of(&[0xc5, 0xfc, 0x77]); // vzeroall
    let vectors = all
        .list
        .iter()
        .filter(|effect| matches!(effect, Effect::Write { part, .. } if part.register.is_vector()));
    assert_eq!(vectors.count(), 16);
}

#[test]
fn only_arithmetic_by_lanes_spreads_garbage_over_all_of_its_result() {
    let lanes = |bytes: &[u8]| {
        let effects = effects_of(bytes).list;
        let lanes = effects.iter().map(|effect| match effect {
            Effect::Opaque { lanes, .. } => *lanes,
            _ => 0,
        });
        lanes.fold(0, |all, lanes| all | lanes)
    };
    assert_eq!(lanes(&[0x0f, 0x58, 0xce]), 0b100_0010); // addps xmm1, xmm6
    assert_eq!(lanes(&[0xc5, 0xf1, 0xfd, 0xc6]), 0b100_0010); // vpaddw xmm0, xmm1, xmm6
    assert_eq!(lanes(&[0x66, 0x0f, 0x61, 0xce]), 0); // punpcklwd xmm1, xmm6
    assert_eq!(lanes(&[0xf3, 0x0f, 0x58, 0xce]), 0); // addss xmm1, xmm6
    assert_eq!(lanes(&[0x66, 0x0f, 0xdb, 0xce]), 0); // pand xmm1, xmm6
}

#[test]
fn what_of_floating_point_is_in_use_is_written() {
    let written = |bytes: &[u8], register: Register| {
        let effects = effects_of(bytes).list;
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Write { part, .. } if part.register == register))
    };
    let upper = |bytes| written(bytes, Register::UPPER_IN_USE);
    assert!(upper(&[0xc5, 0xfc, 0x28, 0xc1])); // vmovaps ymm0, ymm1
    assert!(upper(&[0xc5, 0xf8, 0x77])); // vzeroupper
    assert!(!upper(&[0xc5, 0xf8, 0x28, 0xc1])); // vmovaps xmm0, xmm1
    assert!(!upper(&[0xc4, 0xe2, 0x7d, 0x17, 0xc1])); // vptest ymm0, ymm1
    assert!(!upper(&[0xc5, 0xfc, 0x29, 0x07])); // vmovaps [rdi], ymm0
    assert!(!upper(&[0x62, 0xa1, 0x7c, 0x28, 0x28, 0xc1])); // vmovaps ymm16, ymm17
    let x87 = |bytes| written(bytes, Register::X87_IN_USE);
    assert!(x87(&[0x0f, 0x6f, 0x07])); // movq mm0, [rdi]
    assert!(x87(&[0x0f, 0x77])); // emms
    assert!(x87(&[0xd9, 0xe8])); // fld1
    assert!(!x87(&[0xd9, 0xc9])); // fxch
    assert!(!x87(&[0xd9, 0xf7])); // fincstp
    assert!(!x87(&[0x66, 0x0f, 0x6f, 0x07])); // movdqa xmm0, [rdi]
}

#[test]
fn a_symbolic_value_that_steers_is_undetermined() {
    // addps leaves its result open; the jump through it cannot be followed.
    let image = image(
        &[0x0f, 0x58, 0xc1, 0x66, 0x48, 0x0f, 0x7e, 0xc0, 0xff, 0xe0],
        Vec::new(),
    );
    let layout = Layout::new(&image);
    let mut machine = Machine::new(&layout, 1);
    let mut lifter = Lifter::new(&image);
    let mut effects = Effects::new();
    let mut step = Step::Continue(place(0, 0));
    while let Step::Continue(at) = step {
        lifter.lift(at, &mut effects).expect("an instruction");
        step = machine.step(&effects, at);
    }
    assert!(matches!(step, Step::Undetermined(_)));
    assert_eq!(machine.get(Register::RAX), None);
}
