//! Conditions of the preprocessor, as far as the platform decides them.

use super::Platform;
use super::directives::is_of_name;

/// How deep parentheses are followed.
const DEEPEST: u32 = 32;

/// What compilers define for other processors.
const OF_OTHERS: [&str; 24] = [
    "__aarch64__",
    "__AARCH64EL__",
    "__ARM_ARCH",
    "__arm__",
    "__arm64__",
    "__CUDA_ARCH__",
    "__loongarch64",
    "__loongarch__",
    "__loongarch_lp64",
    "__mips__",
    "__mips64",
    "__powerpc64__",
    "__powerpc__",
    "__ppc64__",
    "__ppc__",
    "__riscv",
    "__s390__",
    "__s390x__",
    "__sparc__",
    "__wasm__",
    "__wasm32__",
    "__wasm64__",
    "_M_ARM",
    "_M_ARM64",
];

/// What compilers define for Windows and for Apple's systems.
const OF_OTHER_SYSTEMS: [&str; 9] = [
    "_WIN32",
    "_WIN64",
    "WIN32",
    "_MSC_VER",
    "__MINGW32__",
    "__MINGW64__",
    "__CYGWIN__",
    "__APPLE__",
    "__MACH__",
];

impl Platform {
    /// Whether a condition holds: what stands behind `if`, `ifdef`, `ifndef` or `elif`. `None` where
    /// the platform does not decide it.
    pub(super) fn decides(self, word: &str, condition: &str) -> Option<bool> {
        let is_defined = || self.defines(condition.trim());
        match word {
            "ifdef" | "elifdef" => is_defined(),
            "ifndef" | "elifndef" => is_defined().map(|is| !is),
            _ => {
                let mut rest = Rest {
                    text: condition,
                    platform: self,
                };
                let value = rest.any(DEEPEST);
                // What is not read may turn it round.
                value.filter(|_| rest.text.trim().is_empty())
            }
        }
    }

    /// Whether compilers define this name for the platform.
    fn defines(self, name: &str) -> Option<bool> {
        match name {
            "__cplusplus" => Some(false),
            "__x86_64__" | "__x86_64" | "__amd64__" | "__amd64" => {
                self.is_elf.then_some(self.is_x86_64)
            }
            "__i386__" | "__i386" | "_M_IX86" => self.is_x86_64.then_some(false),
            "__LP64__" | "_LP64" => self.is_elf.then_some(self.long == 64),
            name if OF_OTHERS.contains(&name) => Some(false),
            name if OF_OTHER_SYSTEMS.contains(&name) => self.is_elf.then_some(false),
            _ => None,
        }
    }
}

/// What is left of a condition.
struct Rest<'a> {
    text: &'a str,
    platform: Platform,
}

impl<'a> Rest<'a> {
    fn takes(&mut self, word: &str) -> bool {
        let text = self.text.trim_start();
        let rest = text.strip_prefix(word);
        self.text = rest.unwrap_or(text);
        rest.is_some()
    }

    fn any(&mut self, depth: u32) -> Option<bool> {
        let mut value = self.all(depth);
        while self.takes("||") {
            value = match (value, self.all(depth)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        value
    }

    fn all(&mut self, depth: u32) -> Option<bool> {
        let mut value = self.one(depth);
        while self.takes("&&") {
            value = match (value, self.one(depth)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        value
    }

    fn one(&mut self, depth: u32) -> Option<bool> {
        let value = self.value(depth);
        // A comparison, up to where a value of its own begins: nobody tells.
        let end = self.text.find(['|', '&', ')']).unwrap_or(self.text.len());
        let (compared, rest) = self.text.split_at(end);
        if compared.trim().is_empty() {
            return value;
        }
        self.text = match compared.contains('(') {
            // What it calls is not followed, and nothing behind it.
            true => "?",
            false => rest,
        };
        None
    }

    fn value(&mut self, depth: u32) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        if self.takes("!") {
            return self.value(depth).map(|is| !is);
        }
        if self.takes("(") {
            let value = self.any(depth);
            let is_closed = self.takes(")");
            return value.filter(|_| is_closed);
        }
        let name = self.word();
        match name {
            "0" => Some(false),
            "1" => Some(true),
            "defined" => {
                let is_in_parentheses = self.takes("(");
                let name = self.word();
                if is_in_parentheses {
                    self.takes(")");
                }
                self.platform.defines(name)
            }
            // A name that nobody defines is 0; one that is defined is anything.
            name => self.platform.defines(name).filter(|is| !is),
        }
    }

    fn word(&mut self) -> &'a str {
        let text = self.text.trim_start();
        let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.text = rest;
        word
    }
}

#[cfg(test)]
mod tests {
    use super::super::Platform;

    #[test]
    fn the_platform_decides_what_it_can() {
        let platform = Platform {
            long: 64,
            address: 64,
            is_x86_64: true,
            is_elf: true,
        };
        let decided = [
            ("defined(__x86_64__) || defined(__aarch64__)", Some(true)),
            ("defined __aarch64__ && FOO", Some(false)),
            ("!defined(_WIN32)", Some(true)),
            ("!(defined(_WIN32) || defined(__APPLE__))", Some(true)),
            ("defined(FOO) && !defined(__x86_64__)", Some(false)),
            ("defined(FOO)", None),
            ("defined(FOO) || defined(__arm__)", None),
            ("__GNUC__ >= 4 || defined(__x86_64__)", Some(true)),
            ("_MSC_VER >= 1900", None),
            ("_MSC_VER && 1", Some(false)),
            ("__has_include(\"a.h\") && 0", None),
            ("defined(__x86_64__) == 0", None),
            ("0", Some(false)),
            ("(defined(FOO) && BAR) || defined(__x86_64__)", Some(true)),
            ("(1", None),
            ("", None),
        ];
        for (condition, expected) in decided {
            assert_eq!(platform.decides("if", condition), expected, "{condition}");
        }
        assert_eq!(platform.decides("ifdef", "__cplusplus"), Some(false));
        assert_eq!(platform.decides("ifndef", "__cplusplus"), Some(true));
        let windows = Platform {
            is_elf: false,
            ..platform
        };
        assert_eq!(windows.decides("ifdef", "_WIN32"), None);
        assert_eq!(windows.decides("ifdef", "__arm__"), Some(false));
    }
}
