extern "C" fn answer() {}

fn main() {
    // SAFETY: a description of a function without arguments or result, and such a function.
    unsafe {
        let mut description = std::mem::zeroed();
        let result = &raw mut libffi_sys::ffi_type_void;
        let abi = libffi_sys::ffi_abi_FFI_DEFAULT_ABI;
        libffi_sys::ffi_prep_cif(&mut description, abi, 0, result, std::ptr::null_mut());
        let nothing = std::ptr::null_mut();
        libffi_sys::ffi_call(
            &mut description,
            Some(answer),
            nothing,
            std::ptr::null_mut(),
        );
    }
}
