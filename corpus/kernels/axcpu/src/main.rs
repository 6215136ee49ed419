fn main() {
    axcpu::init::init_trap();
}
