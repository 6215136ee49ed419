fn main() {
    let mut stack = vec![0_u8; 1 << 16];
    // SAFETY: the stack is ours, aligned to 16 (malloc does so) and large enough for the closure.
    let answer = unsafe { psm::on_stack(stack.as_mut_ptr(), stack.len() & !15, || 42) };
    println!("{answer} {:p}", psm::stack_pointer());
}
