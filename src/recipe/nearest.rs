//! "Did you mean": the known name that is closest to a wrong one.

/// The nearest of `known` to `word`, if any is near enough to be what was meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["zlib", "bzip2", "openssl"];
        let check = |word, expected| assert_eq!(nearest(word, known), expected, "{word}");
        check("zlbi", Some("zlib"));
        check("opnssl", Some("openssl"));
        check("x", None);
        check("sqlite", None);
    }
}
