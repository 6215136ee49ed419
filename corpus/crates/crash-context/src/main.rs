fn main() {
    let mut context = std::mem::MaybeUninit::uninit();
    let code = unsafe { crash_context::crash_context_getcontext(context.as_mut_ptr()) };
    println!("{code}");
}
