//! The declarations of a text of C.

use tree_sitter::{Node, Parser};

use super::directives::is_of_name;
use super::types::Written;

/// How deep nodes are followed into one another.
const DEEPEST: u32 = 200;

/// What a declaration says of one name.
pub(super) enum Said {
    /// A name of a type.
    TypeName(Written),
    /// A function.
    Function(Prototype),
    /// A function without its parameters.
    Silent,
    /// What is not read, and why.
    Unread(String),
}

/// A function as it is declared.
pub(super) struct Prototype {
    pub(super) result: Written,
    pub(super) parameters: Vec<(Option<String>, Written)>,
    pub(super) variadic: bool,
    pub(super) never_returns: bool,
}

/// A name, what is said of it, and the lines of the declaration, from 0.
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) said: Said,
    pub(super) lines: std::ops::RangeInclusive<usize>,
}

/// Attributes that change nothing of how a function is called.
const HARMLESS: [&str; 36] = [
    "access",
    "always_inline",
    "artificial",
    "attribute",
    "cold",
    "const",
    "declspec",
    "default",
    "deprecated",
    "dllexport",
    "dllimport",
    "extension",
    "externally_visible",
    "extern",
    "flatten",
    "format",
    "gnu_inline",
    "hot",
    "inline",
    "internal",
    "leaf",
    "malloc",
    "no_sanitize",
    "noinline",
    "nonnull",
    "noreturn",
    "nothrow",
    "printf",
    "protected",
    "pure",
    "returns_nonnull",
    "section",
    "unused",
    "used",
    "visibility",
    "warn_unused_result",
];

/// Words beside a type that change nothing of how it is passed.
const QUALIFIERS: [&str; 8] = [
    "const",
    "extension",
    "noreturn",
    "Noreturn",
    "restrict",
    "volatile",
    "extern",
    "inline",
];

/// Whether all that is written, strings apart, are attributes that change nothing.
pub(super) fn is_harmless(text: &str) -> bool {
    let text = text.replace("[[", "").replace("]]", "");
    let mut outside = text.split('"').step_by(2);
    // A star or a bracket makes another type.
    let is_of_attributes = |c: char| is_of_name(c) || c.is_whitespace() || "(),:".contains(c);
    outside.all(|part| {
        let mut words = part.split(|c| !is_of_name(c));
        part.chars().all(is_of_attributes)
            && words.all(|word| {
                let word = word.trim_matches('_');
                word.is_empty()
                    || HARMLESS.contains(&word)
                    || word.bytes().all(|b| b.is_ascii_digit())
            })
    })
}

/// The text without what stands in brackets: how long an array is changes nothing of how it is passed.
fn without_lengths(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at + 1);
        out.push_str(before);
        rest = from;
        let end = from.find([']', '[', ';', '{', '}', '"', '\'']);
        if let Some(end) = end.filter(|end| from[*end..].starts_with(']')) {
            let blank = from[..end].chars().map(|c| if c == '\n' { c } else { ' ' });
            out.extend(blank);
            rest = &from[end..];
        }
    }
    out.push_str(rest);
    out
}

/// The declarations of a text, in order; `is_wanted` says of which functions.
pub(super) fn read(text: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Declaration> {
    let text = &without_lengths(text);
    let mut parser = Parser::new();
    let language = tree_sitter_c::LANGUAGE.into();
    // It fails for grammars of other versions of the library.
    let tree = match parser.set_language(&language) {
        Ok(()) => parser.parse(text, None),
        Err(_) => None,
    };
    let mut reader = Reader {
        text,
        is_wanted,
        found: Vec::new(),
    };
    if let Some(tree) = tree {
        let root = tree.root_node();
        if root.is_error() {
            // Of such a text nothing stands where it belongs.
            reader.not_understood(root);
        }
        reader.all(root, DEEPEST);
    }
    reader.found
}

struct Reader<'a> {
    text: &'a str,
    is_wanted: &'a dyn Fn(&str) -> bool,
    found: Vec<Declaration>,
}

/// What stands at a name: a type, or a function with the list of its parameters.
enum Shape<'tree> {
    Type(Written),
    Function(Written, Node<'tree>),
}

impl<'a> Reader<'a> {
    fn text(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn all(&mut self, node: Node<'_>, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            return self.not_understood(node);
        };
        for child in named(node) {
            match child.kind() {
                "declaration" => self.declaration(child),
                "type_definition" => self.type_names(child),
                "linkage_specification" | "declaration_list" => self.all(child, depth),
                // C++, which names what is in it otherwise, unless that is of C.
                "function_definition" if self.is_namespace(child) => {
                    if let Some(body) = child.child_by_field_name("body") {
                        self.all(body, depth);
                    }
                }
                "ERROR" => self.not_understood(child),
                _ => {}
            }
        }
    }

    fn is_namespace(&self, node: Node<'_>) -> bool {
        let ty = node.child_by_field_name("type");
        ty.is_some_and(|ty| self.text(ty) == "namespace")
    }

    fn add(&mut self, node: Node<'_>, name: &str, said: Said) {
        self.found.push(Declaration {
            name: name.to_owned(),
            said,
            lines: node.start_position().row..=node.end_position().row,
        });
    }

    /// Tells of functions that are wanted, and named in what is not understood.
    fn not_understood(&mut self, node: Node<'_>) {
        for name in names_called(self.text(node)) {
            if (self.is_wanted)(name) {
                self.add(node, name, Said::Unread("it is not understood".to_owned()));
            }
        }
    }

    fn declaration(&mut self, node: Node<'_>) {
        if node.has_error() {
            return self.not_understood(node);
        }
        let is_own = named(node)
            .iter()
            .any(|n| n.kind() == "storage_class_specifier" && self.text(*n) == "static");
        if is_own {
            return;
        }
        let base = self.base(node);
        for declarator in fields(node, "declarator") {
            let Some((Some(name), Shape::Function(result, list))) =
                self.declared(Some(declarator), Shape::Type(base.clone()), DEEPEST)
            else {
                continue;
            };
            if (self.is_wanted)(name) {
                let said = match self.prototype(node, declarator, result, list) {
                    Ok(Some(prototype)) => Said::Function(prototype),
                    Ok(None) => Said::Silent,
                    Err(why) => Said::Unread(why),
                };
                self.add(node, name, said);
            }
        }
    }

    fn type_names(&mut self, node: Node<'_>) {
        let base = self.base(node);
        let strange = self.strange(node, DEEPEST);
        for declarator in fields(node, "declarator") {
            let Some((Some(name), shape)) =
                self.declared(Some(declarator), Shape::Type(base.clone()), DEEPEST)
            else {
                continue;
            };
            let ty = match (&strange, shape) {
                (Some(strange), _) => Written::unread(strange),
                (None, Shape::Type(ty)) => ty,
                (None, Shape::Function(..)) => Written::Function,
            };
            self.add(node, name, Said::TypeName(ty));
        }
    }

    /// The type that a declaration or a parameter begins with.
    fn base(&self, node: Node<'_>) -> Written {
        let Some(ty) = node.child_by_field_name("type") else {
            return Written::unread("no type");
        };
        let text = self.text(ty);
        let text = text.split('{').next().unwrap_or_default();
        match ty.kind() {
            "primitive_type" | "sized_type_specifier" | "type_identifier" => {
                Written::of_words(text)
            }
            "enum_specifier" => Written::ENUM,
            _ => Written::unread(text),
        }
    }

    /// The name that a declarator is of, and what it makes of the type before it.
    fn declared<'tree>(
        &self,
        declarator: Option<Node<'tree>>,
        of: Shape<'tree>,
        depth: u32,
    ) -> Option<(Option<&'a str>, Shape<'tree>)> {
        let Some(node) = declarator else {
            return Some((None, of));
        };
        let depth = depth.checked_sub(1)?;
        let inner = node.child_by_field_name("declarator");
        match node.kind() {
            "identifier" | "type_identifier" | "primitive_type" => {
                Some((Some(self.text(node)), of))
            }
            "pointer_declarator" | "abstract_pointer_declarator" => {
                self.declared(inner, Shape::Type(Written::Pointer), depth)
            }
            "array_declarator" | "abstract_array_declarator" => {
                self.declared(inner, Shape::Type(Written::Array), depth)
            }
            "function_declarator" | "abstract_function_declarator" => {
                let result = match of {
                    Shape::Type(result) => result,
                    Shape::Function(..) => Written::Function,
                };
                let list = node.child_by_field_name("parameters")?;
                self.declared(inner, Shape::Function(result, list), depth)
            }
            "parenthesized_declarator"
            | "abstract_parenthesized_declarator"
            | "attributed_declarator" => self.declared(named(node).first().copied(), of, depth),
            _ => None,
        }
    }

    /// What a declaration says of a function; `None` if nothing of its parameters.
    fn prototype(
        &self,
        node: Node<'_>,
        declarator: Node<'_>,
        result: Written,
        list: Node<'_>,
    ) -> Result<Option<Prototype>, String> {
        if let Some(strange) = self.strange(node, DEEPEST) {
            return Err(format!("`{strange}` is not read"));
        }
        let mut prototype = Prototype {
            result,
            parameters: Vec::new(),
            variadic: false,
            never_returns: self.text(node).contains("oreturn"),
        };
        // What stands behind the parameters, and is no attribute, is a macro's.
        if let Some(more) = macro_behind(declarator) {
            return Err(format!("`{}` is not known", self.text(more)));
        }
        let parameters = named(list);
        if parameters.is_empty() {
            return Ok(None);
        }
        for parameter in parameters {
            match parameter.kind() {
                "variadic_parameter" => prototype.variadic = true,
                "parameter_declaration" => {
                    let declarator = parameter.child_by_field_name("declarator");
                    let base = Shape::Type(self.base(parameter));
                    let declared = self.declared(declarator, base, DEEPEST);
                    let Some((name, shape)) = declared else {
                        return Err(format!("`{}` is not read", self.text(parameter)));
                    };
                    let ty = match shape {
                        Shape::Type(ty) => ty,
                        Shape::Function(..) => Written::Function,
                    };
                    prototype.parameters.push((name.map(str::to_owned), ty));
                }
                _ => return Err(format!("`{}` is not read", self.text(parameter))),
            }
        }
        if let [(None, Written::Void)] = prototype.parameters.as_slice() {
            prototype.parameters.clear();
        }
        Ok(Some(prototype))
    }

    /// What of a declaration may change how something is passed, and is not read.
    fn strange(&self, node: Node<'_>, depth: u32) -> Option<&'a str> {
        let Some(depth) = depth.checked_sub(1) else {
            return Some("what nests too deep");
        };
        named(node).into_iter().find_map(|child| {
            let text = self.text(child);
            let is_fine = match child.kind() {
                "attribute_specifier" | "attribute_declaration" | "ms_declspec_modifier" => {
                    is_harmless(text)
                }
                "type_qualifier" => QUALIFIERS.contains(&text.trim_matches('_')),
                kind => {
                    let is_strange = kind.starts_with("ms_")
                        || matches!(
                            kind,
                            "gnu_asm_expression" | "alignas_qualifier" | "bitfield_clause"
                        );
                    if !is_strange && kind != "field_declaration_list" {
                        return self.strange(child, depth);
                    }
                    !is_strange
                }
            };
            (!is_fine).then_some(text)
        })
    }
}

fn named(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).collect()
}

fn fields<'tree>(node: Node<'tree>, name: &str) -> Vec<Node<'tree>> {
    node.children_by_field_name(name, &mut node.walk())
        .collect()
}

/// What of a function's declarator is neither its name nor its parameters nor an attribute.
fn macro_behind(declarator: Node<'_>) -> Option<Node<'_>> {
    let mut next = Some(declarator);
    while let Some(declarator) = next {
        let own = own_macro(declarator);
        if own.is_some() {
            return own;
        }
        next = declarator.child_by_field_name("declarator");
    }
    None
}

fn own_macro(declarator: Node<'_>) -> Option<Node<'_>> {
    let parts = named(declarator);
    let of_function = declarator.kind() == "function_declarator";
    let is_macro = |node: &Node<'_>| matches!(node.kind(), "identifier" | "call_expression");
    // The first is the name.
    let mut behind = parts.into_iter().skip(1);
    behind.find(|node| of_function && is_macro(node))
}

/// The names before an opening parenthesis.
fn names_called(text: &str) -> impl Iterator<Item = &str> {
    text.split('(').filter_map(|before| {
        let before = before.trim_end();
        let start = before.rfind(|c| !is_of_name(c)).map_or(0, |at| at + 1);
        before.get(start..).filter(|name| !name.is_empty())
    })
}
