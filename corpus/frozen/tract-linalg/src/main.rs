fn main() {
    for routine in tract_linalg::routines::declared() {
        println!("{}", routine.name());
    }
}
