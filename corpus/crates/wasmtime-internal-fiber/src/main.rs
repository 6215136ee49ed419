use wasmtime_internal_fiber::{Fiber, FiberStack};

fn main() {
    let stack = FiberStack::new(1 << 20, false).expect("a stack can be mapped");
    let fiber = Fiber::<(), (), ()>::new(stack, |(), _| ()).expect("the stack is large enough");
    println!("{}", fiber.resume(()).is_ok());
}
