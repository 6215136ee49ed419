//! Functions whose addresses source casts to numbers or pointers to data: who has one of these may
//! enter the function in any way.

use std::collections::HashSet;

use syn::visit::{self, Visit};

/// The names of such functions in one file: of those that it declares, defines or imports, since
/// variables may be called alike, and those with a path.
pub(super) fn of(file: &syn::File) -> HashSet<String> {
    let mut found = Found::default();
    found.visit_file(file);
    let Found {
        mut plain,
        with_path,
        functions,
    } = found;
    plain.retain(|name| functions.contains(name));
    plain.extend(with_path);
    plain
}

#[derive(Default)]
struct Found {
    /// What is cast, without a path.
    plain: HashSet<String>,
    /// What is cast, by the last name of its path.
    with_path: HashSet<String>,
    /// What a name may mean: functions, and what is imported.
    functions: HashSet<String>,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_expr_cast(&mut self, cast: &'ast syn::ExprCast) {
        let loses_type = match &*cast.ty {
            syn::Type::FnPtr(_) => false,
            // `f as _` goes by what is expected there.
            syn::Type::Infer(_) => false,
            _ => true,
        };
        if let (syn::Expr::Path(path), true) = (&*cast.expr, loses_type)
            && let Some(last) = path.path.segments.last()
        {
            let names = match path.path.segments.len() {
                1 => &mut self.plain,
                _ => &mut self.with_path,
            };
            names.insert(last.ident.to_string());
        }
        visit::visit_expr_cast(self, cast);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.functions.insert(signature.ident.to_string());
        visit::visit_signature(self, signature);
    }

    fn visit_use_name(&mut self, used: &'ast syn::UseName) {
        self.functions.insert(used.ident.to_string());
    }
}
