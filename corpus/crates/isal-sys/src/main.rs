use isal_sys::igzip_lib::{isal_deflate_init, isal_deflate_stateless, isal_zstream};

fn main() {
    // SAFETY: zero is a valid value of the C structure, and the library fills it in.
    let status = unsafe {
        let mut stream: isal_zstream = std::mem::zeroed();
        isal_deflate_init(&mut stream);
        isal_deflate_stateless(&mut stream)
    };
    println!("{status}");
}
