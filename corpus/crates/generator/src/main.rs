fn main() {
    let generator = generator::Gn::new_scoped(|mut scope| {
        scope.yield_(1);
        generator::done!();
    });
    println!("{}", generator.count());
}
