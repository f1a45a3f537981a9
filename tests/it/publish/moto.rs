//! Buckets of moto, which looks at signatures and permissions: the command itself.

use std::collections::BTreeMap;

use pbs::index::Index;

use super::place::Place;
use crate::distribution::needs_cc;
use crate::moto::{Moto, needs_moto};

/// A place whose programs are this user.
fn place(moto: &Moto, user: &str) -> Place {
    let mut place = Place::new();
    become_user(&mut place, moto, user);
    place
}

fn become_user(place: &mut Place, moto: &Moto, user: &str) {
    let (id, secret) = moto.user(user);
    place.set("AWS_ACCESS_KEY_ID", id);
    place.set("AWS_SECRET_ACCESS_KEY", secret);
    place.set("AWS_ENDPOINT_URL", moto.url.as_str());
}

/// What anybody may read of the bucket `public`: nothing where there is nothing.
fn get(moto: &Moto, key: &str) -> Option<Vec<u8>> {
    let url = format!("{}/public/{}", moto.url, key.replace('+', "%2B"));
    let http = pbs::fetch::Http::new(pbs::fetch::HttpLimits::default(), Default::default()).unwrap();
    let body = http.get(&url, pbs::fetch::BodySize::AtMost(64 << 20)).unwrap();
    match body.whole() {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            assert_eq!(error.status(), Some(404), "{key}: {error}");
            None
        }
    }
}

#[test]
fn a_bucket_holds_what_a_directory_does() {
    needs_cc!();
    needs_moto!();
    let moto = Moto::start();
    let place = place(&moto, "publisher");
    // Small, and in three parts.
    let archives = [place.archive("noopt"), place.ballast("debug", 20 << 20)];
    let archives = archives.each_ref();
    let to = ["--to", "s3://public/py/1"];
    let said = place.publish(&archives, &to);
    assert!(said.ends_with("serial 1\n"), "{said}");
    place.publish(&archives, &[]);
    let expected: BTreeMap<String, Vec<u8>> = place.contents();
    assert!(expected.len() > 8, "{:?}", expected.keys());
    for (name, bytes) in &expected {
        // A signature is another one each time, and readers find the archives elsewhere.
        let there = get(&moto, &format!("py/1/{name}"));
        if name.ends_with(".minisig") || name.contains("provenance") {
            assert!(there.is_some(), "{name}");
        } else if name == Index::UV {
            let uv = String::from_utf8(there.unwrap()).unwrap();
            assert!(
                uv.contains(&format!("{}/public/py/1/archives/cpython-", moto.url)),
                "{uv}"
            );
        } else if name != Index::NAME {
            assert!(there.as_ref() == Some(bytes), "{name}");
        }
    }
    let said = place.publish(&archives, &to);
    assert!(said.ends_with("serial 1, unchanged\n"), "{said}");
}

#[test]
fn two_who_publish_at_once_lose_nothing() {
    needs_cc!();
    needs_moto!();
    let moto = Moto::start();
    let place = place(&moto, "publisher");
    let archives = ["noopt", "debug", "lto", "pgo"].map(|options| place.archive(options));
    let running = archives
        .each_ref()
        .map(|archive| place.start(&[archive], &["--to", "s3://public/"]));
    let mut waited = 0;
    for process in running {
        let output = process.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        waited += usize::from(stderr.contains("waiting for process "));
    }
    assert!(waited > 0, "they were at it at once");
    let index = Index::read(&get(&moto, Index::NAME).unwrap()).unwrap();
    assert_eq!((index.artifacts.len(), index.serial), (4, 4));
    let sums = String::from_utf8(get(&moto, Index::SUMS).unwrap()).unwrap();
    assert_eq!(sums.lines().count(), 4, "{sums}");
}

#[test]
fn whoever_may_not_is_told_why() {
    needs_cc!();
    needs_moto!();
    let moto = Moto::start();
    let mut place = Place::new();
    let archive = place.archive("noopt");
    let refused = |place: &Place, to: &str, code: i32, texts: &[&str]| {
        let output = place.try_publish(&[&archive], &["--to", to, "--log", "plain", "-v"]);
        assert_eq!(output.code, code, "{}", output.stderr);
        for text in texts {
            assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
        }
        assert!(output.stderr.contains("\nhint: "), "{}", output.stderr);
        assert_eq!(get(&moto, Index::NAME), None);
        output.stderr
    };
    place.set("AWS_ENDPOINT_URL", moto.url.as_str());
    refused(
        &place,
        "s3://public/",
        3,
        &["no credentials", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"],
    );
    place.set("AWS_ACCESS_KEY_ID", "AKIAWRONG");
    refused(&place, "s3://public/", 3, &["`AWS_SECRET_ACCESS_KEY` is not set"]);
    place.set("AWS_SECRET_ACCESS_KEY", "wrongsecret");
    let said = refused(
        &place,
        "s3://public/",
        3,
        &["403 InvalidAccessKeyId", "not known there"],
    );
    assert!(!said.contains("wrongsecret"), "{said}");
    become_user(&mut place, &moto, "publisher");
    place.set("AWS_SECRET_ACCESS_KEY", "wrongsecret");
    let said = refused(
        &place,
        "s3://public/",
        3,
        &["SignatureDoesNotMatch", "does not belong to"],
    );
    assert!(!said.contains("wrongsecret"), "{said}");
    become_user(&mut place, &moto, "publisher");
    place.set("AWS_SESSION_TOKEN", "nobodystoken");
    let said = refused(&place, "s3://public/", 3, &["InvalidToken", "AWS_SESSION_TOKEN"]);
    assert!(!said.contains("nobodystoken"), "{said}");
    place.set("AWS_SESSION_TOKEN", "");
    refused(
        &place,
        "s3://nobucket/",
        1,
        &["NoSuchBucket", "make the bucket first"],
    );
    become_user(&mut place, &moto, "reader");
    refused(&place, "s3://public/", 3, &["403 AccessDenied", "s3:PutObject"]);
    place.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    refused(&place, "s3://public/", 3, &["`127.0.0.1:1` cannot be reached"]);
    place.set("AWS_ENDPOINT_URL", "127.0.0.1");
    refused(&place, "s3://public/", 1, &["is no address"]);
}

#[test]
fn a_profile_says_who_asks() {
    needs_cc!();
    needs_moto!();
    let moto = Moto::start();
    let mut place = Place::new();
    let archive = place.archive("noopt");
    let home = place.root().to_string();
    place.set("HOME", home);
    place.set("AWS_PROFILE", "ci");
    let (id, secret) = moto.user("publisher");
    let aws = place.root().join(".aws");
    fs_err::create_dir(&aws).unwrap();
    let text = format!("[ci]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    fs_err::write(aws.join("credentials"), text).unwrap();
    fs_err::write(
        aws.join("config"),
        format!("[profile ci]\nendpoint_url = {}\n", moto.url),
    )
    .unwrap();
    place.publish(&[&archive], &["--to", "s3://public/"]);
    assert!(get(&moto, Index::NAME).is_some());
}
