use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};

fn main() {
    let mut context = Context::from_waker(Waker::noop());
    let _ = pin!(stackful::stackful(|| ())).poll(&mut context);
}
