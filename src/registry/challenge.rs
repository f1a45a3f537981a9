//! What a registry asks for before it answers: the header `WWW-Authenticate`.

/// How a registry wants to be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Challenge {
    /// With a name and a password.
    Basic,
    /// With a token that somebody else gives.
    Bearer {
        /// Who gives it.
        realm: String,
        /// For whom.
        service: Option<String>,
        /// For what.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads the header; a token comes before a password where both are offered.
    pub(super) fn read(header: &str) -> Option<Self> {
        let offers = offers(header);
        let find = |scheme: &str| {
            let mut offers = offers.iter();
            offers.find(|(known, _)| known.eq_ignore_ascii_case(scheme))
        };
        if let Some((_, parameters)) = find("bearer") {
            let get = |name: &str| {
                let mut all = parameters.iter();
                let (_, value) = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
                Some(value.clone())
            };
            return Some(Self::Bearer {
                realm: get("realm")?,
                service: get("service"),
                scope: get("scope"),
            });
        }
        find("basic").map(|_| Self::Basic)
    }
}

/// A scheme with its parameters.
type Offer = (String, Vec<(String, String)>);

/// All offers: a word that no `=` follows begins one.
fn offers(header: &str) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.is_empty() && behind.is_empty() {
            return offers;
        }
        let Some(value) = behind.trim_start().strip_prefix('=') else {
            offers.push((word.to_owned(), Vec::new()));
            rest = behind;
            continue;
        };
        let (value, behind) = value_of(value.trim_start());
        if let Some((_, parameters)) = offers.last_mut() {
            parameters.push((word.to_owned(), value));
        }
        rest = behind;
    }
}

/// A value, quoted or not, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            _ => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn reads_what_registries_write() {
        let scope = "repository:a/b:pull,push";
        let header = format!("Bearer realm=\"https://auth/token\",service=\"reg\",scope=\"{scope}\"");
        let expected = bearer("https://auth/token", Some("reg"), Some(scope));
        assert_eq!(Challenge::read(&header), Some(expected.clone()));
        let both = format!("Basic realm=\"a, b=c\", {header}");
        assert_eq!(Challenge::read(&both), Some(expected));
        assert_eq!(
            Challenge::read("bearer realm=https://auth , error=x"),
            Some(bearer("https://auth", None, None))
        );
        assert_eq!(Challenge::read("basic realm=\"x\""), Some(Challenge::Basic));
        assert_eq!(
            Challenge::read(r#"Bearer realm="a\"b""#),
            Some(bearer("a\"b", None, None))
        );
    }

    #[test]
    fn anything_else_is_none() {
        for header in [
            "",
            "Negotiate",
            "Bearer service=\"x\"",
            "=",
            "Bearer realm=\"",
            "\"\"\"",
            ",,=",
        ] {
            let read = Challenge::read(header);
            assert!(
                read.is_none() || read == Some(bearer("", None, None)),
                "{header}: {read:?}"
            );
        }
    }
}
