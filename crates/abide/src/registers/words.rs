//! Names of registers in prose, in the words of an instruction set.

use super::InstructionSet;

/// What is called otherwise in code of 32 bits.
const NARROW: [(&str, &str); 12] = [
    ("rax", "eax"),
    ("rcx", "ecx"),
    ("rdx", "edx"),
    ("rbx", "ebx"),
    ("rsp", "esp"),
    ("rbp", "ebp"),
    ("rsi", "esi"),
    ("rdi", "edi"),
    ("RIP", "EIP"),
    ("RSP", "ESP"),
    ("RFLAGS", "EFLAGS"),
    ("iretq", "iretd"),
];

impl InstructionSet {
    /// A text that names registers by their widest form, with the names that they have here.
    #[must_use]
    pub fn words(self, text: &str) -> String {
        if self == Self::X86_64 {
            return text.to_owned();
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut said = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let is_word = is_part(first);
            let end = rest.find(|c| is_part(c) != is_word).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let known = NARROW.iter().find(|(wide, _)| *wide == word);
            said.push_str(known.map_or(word, |(_, narrow)| narrow));
            rest = behind;
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::InstructionSet;

    #[test]
    fn registers_are_named_as_the_code_names_them() {
        let said = InstructionSet::X86.words("`rbx` is what `rbx_of` left at [rsp + 0x8]");
        assert_eq!(said, "`ebx` is what `rbx_of` left at [esp + 0x8]");
        assert_eq!(InstructionSet::X86_64.words("`rbx`"), "`rbx`");
    }
}
