//! Lock files: written once, honoured, updated when that is asked for.

use super::*;

fn locked(
    customer: &Customer,
    from: Option<&str>,
    version: &str,
    update: bool,
) -> Result<Obtained, ObtainError> {
    let mut request = customer.request(from.unwrap_or("unused"));
    if from.is_none() {
        request.origin = None;
    }
    request.python = version.parse().unwrap();
    request.lock = Some(LockUse {
        path: customer.root.join("pbs.lock"),
        update,
    });
    obtain(&request, &customer.tools)
}

#[test]
fn a_lock_file_is_written_once_and_honoured() {
    let mut publisher = Publisher::new();
    let server = publisher.serve([]);
    let customer = Customer::new();
    let file = customer.root.join("pbs.lock");
    let first = locked(&customer, Some(&server.base), "3.13", false).unwrap();
    assert_eq!(first.serial, Some(1));
    let text = fs_err::read_to_string(&file).unwrap();
    assert!(text.contains(&first.artifact.digest.to_string()), "{text}");
    // The index is not asked any more, nor is where it is.
    let asked = server.requests().len();
    let second = locked(&customer, None, "3.13", false).unwrap();
    assert_eq!((second.serial, second.downloaded), (None, false));
    assert_eq!(second.interpreter, first.interpreter);
    assert_eq!(server.requests().len(), asked);

    // A newer one comes, and is taken when that is asked for.
    publisher.add("3.13.6", toy("3.13.6"));
    publisher.publish();
    let from = publisher.dir.as_str();
    assert_eq!(
        runs(&locked(&customer, Some(from), "3.13", false).unwrap()),
        "Python 3.13.5"
    );
    assert_eq!(fs_err::read_to_string(&file).unwrap(), text);
    assert_eq!(
        runs(&locked(&customer, Some(from), "3.13", true).unwrap()),
        "Python 3.13.6"
    );
    let updated = fs_err::read_to_string(&file).unwrap();
    assert!(
        updated.contains("3.13.6") && !updated.contains("3.13.5"),
        "{updated}"
    );

    // Another machine gets the same without an index, from whatever mirror.
    fs_err::remove_file(publisher.dir.join(Index::NAME)).unwrap();
    let other = Customer::new();
    fs_err::write(other.root.join("pbs.lock"), updated).unwrap();
    assert_eq!(
        runs(&locked(&other, None, "3.13", false).unwrap()),
        "Python 3.13.6"
    );
    assert!(other.heard.all().is_empty(), "nobody is trusted but the file");
}

#[test]
fn what_is_locked_and_cannot_be_had_is_an_error() {
    let publisher = Publisher::new();
    let customer = Customer::new();
    let from = Some(publisher.dir.as_str());
    locked(&customer, from, "3.13", false).unwrap();
    let error = locked(&customer, from, "3.12", false).unwrap_err();
    assert!(matches!(error, ObtainError::NotLocked { .. }), "{}", told(&error));
    assert!(error.hint().unwrap().contains("--update"));
    // The archive is replaced, with another of the same length.
    let other = Customer::new();
    fs_err::copy(customer.root.join("pbs.lock"), other.root.join("pbs.lock")).unwrap();
    let archive = publisher.dir.join(publisher.index.artifacts[0].path.as_str());
    let mut bytes = fs_err::read(&archive).unwrap();
    bytes[500] ^= 1;
    fs_err::write(&archive, bytes).unwrap();
    let error = locked(&other, from, "3.13", false).unwrap_err();
    assert!(matches!(error, ObtainError::Content { .. }), "{}", told(&error));
    assert_eq!(other.remains(), Vec::<String>::new());
}

#[test]
fn a_lock_file_is_one_or_an_error() {
    let publisher = Publisher::new();
    let customer = Customer::new();
    let from = Some(publisher.dir.as_str());
    let file = customer.root.join("pbs.lock");
    for (text, hint) in [
        ("", "another file"),
        ("version = 1", "another file"),
        (
            r#"{"format": "pbs-fetch-lock", "version": 9, "archives": []}"#,
            "newer pbs",
        ),
    ] {
        fs_err::write(&file, text).unwrap();
        let error = locked(&customer, from, "3.13", true).unwrap_err();
        assert!(matches!(error, ObtainError::Lock { .. }), "{}", told(&error));
        assert!(error.hint().unwrap().contains(hint), "{text}: {:?}", error.hint());
        assert_eq!(
            fs_err::read_to_string(&file).unwrap(),
            text,
            "it is left as it is"
        );
    }
    // A failure locks nothing.
    fs_err::remove_file(&file).unwrap();
    fs_err::remove_file(publisher.dir.join(publisher.index.artifacts[0].path.as_str())).unwrap();
    locked(&customer, from, "3.13", false).unwrap_err();
    assert!(!file.exists());
}
