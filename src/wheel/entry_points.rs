//! `entry_points.txt`: the commands that a wheel would install.

use std::collections::BTreeMap;

/// The console scripts by name, each as `module:function`.
#[must_use]
pub fn console_scripts(text: &str) -> BTreeMap<String, String> {
    let mut scripts = BTreeMap::new();
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.trim();
        } else if section == "console_scripts"
            && !line.starts_with(['#', ';'])
            && let Some((name, target)) = line.split_once('=')
        {
            // Extras behind it are of no interest here.
            let target = target.split('[').next().unwrap_or_default();
            let target = target.chars().filter(|c| !c.is_whitespace()).collect();
            scripts.insert(name.trim().to_owned(), target);
        }
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_those_of_their_section() {
        let text = "[gui_scripts]\na = b:c\n[console_scripts]\n# a comment = x\nblack = black:patched_main [colorama]\n\
                    x-y=pkg.cli : main\n\n[other]\nq = r\n";
        let scripts = console_scripts(text);
        let expected = [("black", "black:patched_main"), ("x-y", "pkg.cli:main")];
        assert!(
            scripts
                .iter()
                .map(|(name, target)| (name.as_str(), target.as_str()))
                .eq(expected)
        );
    }
}
