//! The readers on any bytes: objects, archives, line tables, symbol tables as objdump prints them.

#![no_main]

use abide::inputs::{self, Bytes, Lines};
use abide::report::objdump::{self, Table};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for table in [Table::Static, Table::Dynamic] {
        objdump::write("fuzz", data, table, &mut std::io::sink()).expect("a sink takes all");
    }
    if let Ok(file) = inputs::read_from("fuzz", Bytes::new(data.to_vec())) {
        for object in &file.objects {
            let _ = Lines::of(object);
        }
    }
});
