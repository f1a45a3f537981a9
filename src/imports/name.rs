//! Dotted names.

use super::Kind;

/// The package that relative imports of a module start from; a module at the top has none.
pub(super) fn package_of(module: &str, kind: Kind) -> Option<&str> {
    match kind {
        Kind::Package => Some(module),
        Kind::Module | Kind::Program => module.rsplit_once('.').map(|(package, _)| package),
    }
}

/// The absolute name for `level` dots and `rest` in a package; `None` leads out of the top-level package.
pub(super) fn absolute(package: Option<&str>, level: usize, rest: &str) -> Option<String> {
    if level == 0 {
        return Some(rest.to_owned());
    }
    let mut base = package?;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    Some(if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}.{rest}")
    })
}

/// `a`, `a.b`, `a.b.c` for `a.b.c`.
pub(super) fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    let inner = name.match_indices('.').map(|(at, _)| &name[..at]);
    inner.chain([name])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_names_start_from_the_package() {
        let check = |module, kind, level, rest, expected: Option<&str>| {
            let found = absolute(package_of(module, kind), level, rest);
            assert_eq!(found.as_deref(), expected, "{module} {level} {rest}");
        };
        check("a.b.c", Kind::Module, 0, "x", Some("x"));
        check("a.b.c", Kind::Module, 1, "x", Some("a.b.x"));
        check("a.b.c", Kind::Module, 1, "", Some("a.b"));
        check("a.b.c", Kind::Package, 1, "x.y", Some("a.b.c.x.y"));
        check("a.b.c", Kind::Module, 2, "x", Some("a.x"));
        check("a.b.c", Kind::Module, 3, "x", None);
        check("a", Kind::Module, 1, "x", None);
        check("a.__main__", Kind::Program, 1, "x", Some("a.x"));
        check("a", Kind::Package, 1, "", Some("a"));
        check("a", Kind::Package, 2, "", None);
    }

    #[test]
    fn prefixes_end_in_the_name() {
        assert_eq!(prefixes("a.b.c").collect::<Vec<_>>(), ["a", "a.b", "a.b.c"]);
        assert_eq!(prefixes("a").collect::<Vec<_>>(), ["a"]);
    }
}
