# Turns the output of `nm --print-size` into the records that asm/symbols.asm includes.

function record(address, size, kind, name) {
    printf "dd 0x%s, 0x%s\ndb '%s'\ndw %d\ndb '%s'\n", \
        substr(address, 9), substr(size, 9), kind, length(name), name
}

# Absolute symbols are constants, not places; a dotted label of NASM's is a place in a function.
/ [aA] / || / [A-Za-z_0-9]+\.[a-z_]+$/ { next }
NF == 4 { record($1, $2, $3, $4) }
NF == 3 { record($1, "0000000000000000", $2, $3) }
