use rav1e::prelude::{Config, Context};

fn main() {
    let context: Result<Context<u8>, _> = Config::new().new_context();
    println!(
        "{}",
        context.is_ok_and(|mut encoder| encoder.receive_packet().is_err())
    );
}
