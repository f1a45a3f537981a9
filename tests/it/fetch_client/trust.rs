//! Signatures, keys that change, old indexes.

use super::*;

fn refused(customer: &Customer, publisher: &Publisher, keys: &[&KeyPair]) -> TrustError {
    let result = customer.get_with(publisher.dir.as_str(), |request| {
        request.keys = keys.iter().map(|key| public(key)).collect();
    });
    let error = result.unwrap_err();
    assert_eq!(error.class(), Class::Input, "{}", told(&error));
    assert!(error.hint().is_some());
    match error {
        ObtainError::Trust { source, .. } => source,
        other => panic!("{}", told(&other)),
    }
}

fn good(customer: &Customer, publisher: &Publisher, keys: &[&KeyPair]) -> u64 {
    let result = customer.get_with(publisher.dir.as_str(), |request| {
        request.keys = keys.iter().map(|key| public(key)).collect();
    });
    result.unwrap().serial.unwrap()
}

#[test]
fn an_index_needs_a_signature_that_is_good() {
    let publisher = Publisher::new();
    let signature = publisher.dir.join(Index::SIGNATURE);
    let text = fs_err::read(publisher.dir.join(Index::NAME)).unwrap();
    let customer = Customer::new();
    let check = |expected: TrustError| {
        assert_eq!(refused(&customer, &publisher, &[&publisher.key]), expected);
        assert_eq!(refused(&customer, &publisher, &[]), expected);
        assert_eq!(customer.remains(), Vec::<String>::new());
    };
    fs_err::remove_file(&signature).unwrap();
    check(TrustError::Unsigned);
    fs_err::write(&signature, "no signature").unwrap();
    check(SignatureError::Malformed.into());
    publisher.sign(&publisher.key, b"something else", &trusted_comment(1));
    check(SignatureError::Wrong.into());
    let heard = customer.heard.all();
    assert!(
        heard.contains("reading 3 of 3"),
        "it may be that somebody publishes: {heard}"
    );
    publisher.sign(&key(), &text, &trusted_comment(1));
    check(TrustError::from(SignatureError::Stranger));
    publisher.sign(&publisher.key, &text, &trusted_comment(2));
    check(TrustError::Comment {
        comment: trusted_comment(2),
    });
    publisher.sign(&publisher.key, &text, "timestamp:1");
    check(TrustError::Comment {
        comment: "timestamp:1".into(),
    });
    publisher.write(&publisher.key);
    assert_eq!(good(&customer, &publisher, &[&publisher.key]), 1);
}

#[test]
fn the_first_key_is_remembered_and_a_given_one_is_asked_for() {
    let mut publisher = Publisher::new();
    let customer = Customer::new();
    assert_eq!(good(&customer, &publisher, &[]), 1);
    // Somebody else publishes in the same place.
    let other = key();
    publisher.publish_by(&other, &[&other]);
    assert_eq!(
        refused(&customer, &publisher, &[]),
        TrustError::from(SignatureError::Stranger)
    );
    assert_eq!(
        refused(&Customer::new(), &publisher, &[&publisher.key]),
        TrustError::from(SignatureError::Stranger)
    );
    // A person says that this is right.
    assert_eq!(good(&customer, &publisher, &[&other]), 2);
    assert_eq!(good(&customer, &publisher, &[]), 2);
}

#[test]
fn keys_change_by_an_index_that_is_trusted() {
    let mut publisher = Publisher::new();
    let (old, new) = (publisher.key.clone(), key());
    let customer = Customer::new();
    assert_eq!(good(&customer, &publisher, &[]), 1);
    publisher.publish_by(&old, &[&old, &new]);
    assert_eq!(good(&customer, &publisher, &[]), 2);
    publisher.publish_by(&new, &[&new]);
    assert_eq!(good(&customer, &publisher, &[]), 3);
    // Whoever has the old key can do nothing with it, not even to those who still give it.
    publisher.publish_by(&old, &[&old]);
    let retired = TrustError::Retired { key: public(&old) };
    assert_eq!(refused(&customer, &publisher, &[]), retired);
    assert_eq!(refused(&customer, &publisher, &[&old]), retired);
    publisher.publish_by(&new, &[&new]);
    assert_eq!(good(&customer, &publisher, &[&old]), 5);
    // Who was away in between has not heard of the new key.
    let away = Customer::new();
    assert_eq!(
        refused(&away, &publisher, &[&old]),
        TrustError::from(SignatureError::Stranger)
    );
}

#[test]
fn an_older_index_is_refused() {
    let mut publisher = Publisher::new();
    let before = ["index.json", "index.json.minisig"]
        .map(|name| (name, fs_err::read(publisher.dir.join(name)).unwrap()));
    publisher.publish();
    let customer = Customer::new();
    assert_eq!(good(&customer, &publisher, &[]), 2);
    for (name, bytes) in before {
        fs_err::write(publisher.dir.join(name), bytes).unwrap();
    }
    let older = TrustError::Older { found: 1, seen: 2 };
    assert_eq!(refused(&customer, &publisher, &[]), older);
    assert_eq!(refused(&customer, &publisher, &[&publisher.key]), older);
    // Another one with the same serial.
    publisher.index.artifacts.clear();
    publisher.write(&publisher.key);
    assert_eq!(
        refused(&customer, &publisher, &[]),
        TrustError::Twice { serial: 2 }
    );
}

#[test]
fn a_newer_index_says_so() {
    let publisher = Publisher::new();
    let text = fs_err::read_to_string(publisher.dir.join(Index::NAME)).unwrap();
    let text = text.replacen("\"version\": 1", "\"version\": 2", 1);
    fs_err::write(publisher.dir.join(Index::NAME), &text).unwrap();
    publisher.sign(&publisher.key, text.as_bytes(), &trusted_comment(1));
    let error = Customer::new().get(publisher.dir.as_str()).unwrap_err();
    assert!(matches!(error, ObtainError::ReadIndex { .. }), "{}", told(&error));
    assert_eq!(error.class(), Class::Input);
    assert_eq!(error.hint().unwrap(), "use a newer pbs");
}

#[test]
fn a_damaged_memory_is_no_first_use() {
    let publisher = Publisher::new();
    let customer = Customer::new();
    good(&customer, &publisher, &[]);
    let memories = customer.root.join("store/fetched-v1/trusted");
    for entry in memories.read_dir_utf8().unwrap() {
        fs_err::write(entry.unwrap().path(), "{}").unwrap();
    }
    let error = customer.get(publisher.dir.as_str()).unwrap_err();
    assert!(matches!(error, ObtainError::Memory { .. }), "{}", told(&error));
}

#[test]
fn a_signature_by_what_it_signs_fits_whatever_is_published_meanwhile() {
    let mut publisher = Publisher::new();
    let customer = Customer::new();
    // The index is still the one before, and its signature is already the next one's.
    let index = fs_err::read(publisher.dir.join(Index::NAME)).unwrap();
    let exact = publisher.dir.join(Index::signature_of(&index));
    fs_err::create_dir(exact.parent().unwrap()).unwrap();
    fs_err::rename(publisher.dir.join(Index::SIGNATURE), &exact).unwrap();
    publisher.publish();
    fs_err::write(publisher.dir.join(Index::NAME), &index).unwrap();
    assert_eq!(good(&customer, &publisher, &[]), 1);
    assert!(
        !customer.heard.all().contains("reading"),
        "{}",
        customer.heard.all()
    );
    // One that is there and is wrong is wrong.
    fs_err::copy(publisher.dir.join(Index::SIGNATURE), &exact).unwrap();
    assert_eq!(
        refused(&customer, &publisher, &[]),
        TrustError::from(SignatureError::Wrong)
    );
}
