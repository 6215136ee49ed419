use trapframe::TrapFrame;

#[unsafe(no_mangle)]
extern "C" fn trap_handler(frame: &mut TrapFrame) {
    println!("{frame:?}");
}

fn main() {
    // SAFETY: this program is linked, and never runs.
    unsafe { trapframe::init() };
}
