use context::{Context, Transfer, stack::ProtectedFixedSizeStack};

extern "C" fn start(transfer: Transfer) -> ! {
    // SAFETY: resumes the context that came here, which is alive.
    unsafe { transfer.context.resume(42) };
    unreachable!()
}

fn main() {
    let stack = ProtectedFixedSizeStack::default();
    // SAFETY: the stack outlives the context.
    let transfer = unsafe { Context::new(&stack, start).resume(0) };
    println!("{}", transfer.data);
}
