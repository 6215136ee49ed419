use corosensei::{Coroutine, CoroutineResult};

fn main() {
    let mut doubler = Coroutine::new(|yielder, input: i32| yielder.suspend(input * 2));
    while let CoroutineResult::Yield(output) = doubler.resume(21) {
        println!("{output}");
    }
}
