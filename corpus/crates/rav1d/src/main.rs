use rav1d::include::dav1d::dav1d::{Dav1dContext, Dav1dSettings};
use rav1d::src::lib::{dav1d_close, dav1d_default_settings, dav1d_open};
use std::{mem::MaybeUninit, ptr::NonNull};

fn main() {
    let mut settings = MaybeUninit::<Dav1dSettings>::uninit();
    let settings = NonNull::from(&mut settings).cast();
    let mut decoder: Option<Dav1dContext> = None;
    // SAFETY: both pointers are to locals, which outlive the calls.
    unsafe {
        dav1d_default_settings(settings);
        dav1d_open(Some(NonNull::from(&mut decoder)), Some(settings));
        dav1d_close(Some(NonNull::from(&mut decoder)));
    }
}
