//! SPDX expressions of several licences that all apply.

use std::collections::BTreeSet;

/// The expression of everything that each of some expressions asks for; nothing where there are none.
pub(crate) fn all_of<'a>(expressions: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let each: BTreeSet<&String> = expressions.into_iter().collect();
    let alone = each.len() == 1;
    let each: Vec<String> = each
        .into_iter()
        .map(|expression| match expression.contains(" OR ") && !alone {
            true => format!("({expression})"),
            false => expression.clone(),
        })
        .collect();
    (!each.is_empty()).then(|| each.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_without_changing_what_is_meant() {
        let check = |expressions: &[&str], expected: Option<&str>| {
            let expressions: Vec<String> = expressions.iter().map(|&text| text.to_owned()).collect();
            assert_eq!(all_of(&expressions).as_deref(), expected);
        };
        check(&[], None);
        check(&["MIT OR Zlib"], Some("MIT OR Zlib"));
        check(&["Zlib", "MIT", "MIT"], Some("MIT AND Zlib"));
        check(&["MIT OR Zlib", "0BSD"], Some("0BSD AND (MIT OR Zlib)"));
    }
}
