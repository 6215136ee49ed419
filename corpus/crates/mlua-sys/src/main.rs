fn main() {
    // SAFETY: the state is closed after its only use.
    unsafe {
        let state = mlua_sys::luaL_newstate();
        println!("{}", state.is_null());
        mlua_sys::lua_close(state);
    }
}
