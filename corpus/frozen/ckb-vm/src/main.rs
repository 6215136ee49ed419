use ckb_vm::machine::asm::{AsmCoreMachine, AsmMachine};
use ckb_vm::machine::{DefaultMachineBuilder, DefaultMachineRunner, SupportMachine, VERSION2};
use ckb_vm::{Bytes, Error, ISA_IMC};

fn main() -> Result<(), Error> {
    let core = <Box<AsmCoreMachine> as SupportMachine>::new(ISA_IMC, VERSION2, 1 << 20);
    let mut machine = AsmMachine::new(DefaultMachineBuilder::new(core).build());
    let program = Bytes::from(std::fs::read("program").unwrap_or_default());
    machine.load_program(&program, [].into_iter())?;
    println!("{}", machine.run()?);
    Ok(())
}
