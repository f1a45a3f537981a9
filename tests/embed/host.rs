//! A Rust program that embeds Python, with functions of its own named like some of the libraries in Python.

use std::ffi::{c_char, c_int, c_long};

unsafe extern "C" {
    fn pbs_start(argc: c_int, argv: *const *const c_char) -> c_int;
    fn pbs_exec(code: *const c_char) -> c_int;
    fn pbs_run(what: *const c_char) -> c_int;
    fn pbs_finish() -> c_int;
    fn PyLong_FromLong(value: c_long) -> *mut u8;
    fn PyLong_AsLong(object: *mut u8) -> c_long;
    fn Py_DecRef(object: *mut u8);
}

#[unsafe(no_mangle)]
extern "C" fn inflate() -> c_int {
    1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_new() -> c_int {
    2
}

const CODE: &std::ffi::CStr = c"
import sqlite3, ssl, sys, zlib
assert zlib.decompress(zlib.compress(b'x' * 1000)) == b'x' * 1000
assert sqlite3.connect(':memory:').execute('select 6 * 7').fetchone() == (42,)
ssl.create_default_context()
print(sys.argv)
";

fn main() {
    unsafe {
        assert_eq!(pbs_start(0, std::ptr::null()), 0);
        assert_eq!(pbs_exec(CODE.as_ptr()), 0);
        let number = PyLong_FromLong(42);
        assert_eq!(PyLong_AsLong(number), 42);
        Py_DecRef(number);
        assert_eq!(pbs_run(c"app:main".as_ptr()), 4);
        assert_eq!(pbs_finish(), 0);
    }
    println!("rust {} {}", inflate(), SSL_CTX_new());
}
