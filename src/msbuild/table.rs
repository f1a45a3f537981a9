//! CPython's own table of built-in modules on Windows: `PC/config.c`.

use super::source::Sources;

/// Where further declarations of functions go.
const DECLARATIONS: &str = "/* -- ADDMODULE MARKER 1 -- */";
/// Where further entries go.
const ENTRIES: &str = "/* -- ADDMODULE MARKER 2 -- */";

/// The table has no place for more modules: these lines mark it, for `Tools/freeze`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} has no line `{marker}`", Sources::CONFIG)]
pub struct NoMarker {
    marker: &'static str,
}

/// An entry: a module, and the function that makes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) module: &'a str,
    /// Nothing where there is none, as for `sys`.
    pub(crate) init: Option<&'a str>,
}

/// The entries of the table, `{"marshal", PyMarshal_Init},`. Conditions are not looked at: what
/// they ask is true for a desktop Windows with all packages.
pub(crate) fn entries(text: &str) -> Vec<Entry<'_>> {
    text.lines()
        .filter_map(|line| {
            let (module, rest) = line.trim_start().strip_prefix("{\"")?.split_once("\",")?;
            let (init, _) = rest.split_once('}')?;
            let init = init.trim();
            Some(Entry {
                module,
                init: (init != "NULL" && init != "0").then_some(init),
            })
        })
        .collect()
}

/// The table with further modules, each with the function that makes it.
pub(crate) fn with(text: &str, modules: &[(&str, String)]) -> Result<String, NoMarker> {
    let mut declarations = String::new();
    let mut entries = String::new();
    for (module, init) in modules {
        declarations += &format!("extern PyObject* {init}(void);\n");
        entries += &format!("    {{\"{module}\", {init}}},\n");
    }
    let mut table = text.to_owned();
    for (marker, lines) in [(DECLARATIONS, declarations), (ENTRIES, entries)] {
        if !table.contains(marker) {
            return Err(NoMarker { marker });
        }
        table = table.replacen(marker, &lines, 1);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "extern PyObject* PyInit_nt(void);\n/* -- ADDMODULE MARKER 1 -- */\n\
        struct _inittab _PyImport_Inittab[] = {\n    {\"nt\", PyInit_nt}, /* not posix */\n\
        /* -- ADDMODULE MARKER 2 -- */\n    {\"sys\", NULL},\n    {0, 0}\n};\n";

    #[test]
    fn reads_and_extends() {
        let entry = |module, init| Entry { module, init };
        assert_eq!(
            entries(TABLE),
            [entry("nt", Some("PyInit_nt")), entry("sys", None)]
        );
        let table = with(TABLE, &[("_ssl", "PyInit__ssl".to_owned())]).unwrap();
        assert!(table.contains("extern PyObject* PyInit__ssl(void);\n"));
        let names: Vec<&str> = entries(&table).iter().map(|entry| entry.module).collect();
        assert_eq!(names, ["nt", "_ssl", "sys"]);
        assert!(with("", &[]).is_err());
    }
}
