//! Two documents of JSON, field by field.

use serde_json::{Map, Value, json};

use super::difference::FieldDifference;

/// A list of at most so many simple values is told whole.
const SHORT: usize = 6;

/// The fields of two documents that differ: paths such as `pbs.components[zlib].version`.
///
/// The items of a list are brought together by `name` where all have one. Of long lists of simple
/// values, what only one of them has is told as `list[]`.
#[must_use]
pub fn differing_fields(a: &Value, b: &Value) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    descend("", Some(a), Some(b), &mut found);
    found
}

fn descend(at: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<FieldDifference>) {
    match (a, b) {
        (Some(a), Some(b)) if a == b => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => objects(at, a, b, found),
        (Some(Value::Array(a)), Some(Value::Array(b))) => lists(at, a, b, found),
        (a, b) => push(at, a.cloned(), b.cloned(), found),
    }
}

fn push(at: &str, a: Option<Value>, b: Option<Value>, found: &mut Vec<FieldDifference>) {
    found.push(FieldDifference {
        field: at.to_owned(),
        a,
        b,
    });
}

fn objects(at: &str, a: &Map<String, Value>, b: &Map<String, Value>, found: &mut Vec<FieldDifference>) {
    let place = |name: &str| {
        // Names with dots or slashes, such as paths, would read as more than one.
        match (at, name.contains(['.', '/', ' ']) || name.is_empty()) {
            ("", _) => name.to_owned(),
            (at, true) => format!("{at}[{name}]"),
            (at, false) => format!("{at}.{name}"),
        }
    };
    for (name, value) in a {
        descend(&place(name), Some(value), b.get(name), found);
    }
    for (name, value) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
        descend(&place(name), None, Some(value), found);
    }
}

fn lists(at: &str, a: &[Value], b: &[Value], found: &mut Vec<FieldDifference>) {
    let names = |items: &[Value]| -> Option<Map<String, Value>> {
        let name = |item: &Value| Some((item.get("name")?.as_str()?.to_owned(), item.clone()));
        let named: Map<String, Value> = items.iter().map(name).collect::<Option<_>>()?;
        (named.len() == items.len()).then_some(named)
    };
    if let (Some(of_a), Some(of_b)) = (names(a), names(b)) {
        let before = found.len();
        for (name, value) in &of_a {
            descend(&format!("{at}[{name}]"), Some(value), of_b.get(name), found);
        }
        for (name, value) in of_b.iter().filter(|(name, _)| !of_a.contains_key(*name)) {
            descend(&format!("{at}[{name}]"), None, Some(value), found);
        }
        if found.len() == before {
            let order = |items: &Map<String, Value>| Some(json!(items.keys().collect::<Vec<_>>()));
            push(&format!("order of {at}"), order(&of_a), order(&of_b), found);
        }
        return;
    }
    let simple = |items: &[Value]| items.iter().all(|item| !item.is_object() && !item.is_array());
    if simple(a) && simple(b) {
        if a.len() <= SHORT && b.len() <= SHORT {
            return push(at, Some(json!(a)), Some(json!(b)), found);
        }
        let only = |these: &[Value], those: &[Value]| -> Vec<Value> {
            these
                .iter()
                .filter(|value| !those.contains(value))
                .cloned()
                .collect()
        };
        let (only_a, only_b) = (only(a, b), only(b, a));
        if only_a.is_empty() && only_b.is_empty() {
            return push(&format!("order of {at}"), Some(json!(a)), Some(json!(b)), found);
        }
        return push(
            &format!("{at}[]"),
            Some(json!(only_a)),
            Some(json!(only_b)),
            found,
        );
    }
    for index in 0..a.len().max(b.len()) {
        descend(&format!("{at}[{index}]"), a.get(index), b.get(index), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(a: Value, b: Value) -> Vec<String> {
        let shown = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
        differing_fields(&a, &b)
            .into_iter()
            .map(|found| format!("{}: {} {}", found.field, shown(found.a), shown(found.b)))
            .collect()
    }

    #[test]
    fn tells_paths_with_both_values() {
        assert_eq!(
            told(
                json!({"a": 1, "b": {"c": [1], "lib/x.py": 2}, "gone": null}),
                json!({"a": 1, "b": {"c": [2], "lib/x.py": 3}, "new": true})
            ),
            ["b.c: [1] [2]", "b[lib/x.py]: 2 3", "gone: null -", "new: - true"]
        );
    }

    #[test]
    fn brings_items_together_by_name() {
        let list = |items: &[(&str, u32)]| {
            let items = items
                .iter()
                .map(|(name, value)| json!({"name": name, "version": value}));
            json!({"list": items.collect::<Vec<_>>()})
        };
        assert_eq!(
            told(list(&[("a", 1), ("b", 1)]), list(&[("b", 2), ("c", 1)])),
            [
                r#"list[a]: {"name":"a","version":1} -"#,
                "list[b].version: 1 2",
                r#"list[c]: - {"name":"c","version":1}"#
            ]
        );
        assert_eq!(
            told(list(&[("a", 1), ("b", 1)]), list(&[("b", 1), ("a", 1)])),
            [r#"order of list: ["a","b"] ["b","a"]"#]
        );
    }

    #[test]
    fn of_long_lists_the_strays_are_told() {
        let long = |last: &str| json!({"l": ["1", "2", "3", "4", "5", "6", last]});
        assert_eq!(told(long("x"), long("y")), [r#"l[]: ["x"] ["y"]"#]);
    }
}
