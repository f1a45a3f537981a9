//! Buckets as places to fetch from.

use pbs::bucket::{BucketAddress, Given};
use pbs::model::Secret;
use pbs::publish::{Content, Destination as _, Pace, S3, Surroundings};

use super::*;
use crate::bucket::{Buckets, Trouble};
use crate::moto::{Moto, needs_moto};

/// Every published file with its path.
fn files(publisher: &Publisher) -> Vec<(TreePath, Vec<u8>)> {
    let files = walkdir::WalkDir::new(&publisher.dir)
        .into_iter()
        .map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let path = Utf8Path::from_path(entry.path()).unwrap();
        let name = path.strip_prefix(&publisher.dir).unwrap().as_str();
        (TreePath::parse(name).unwrap(), fs_err::read(path).unwrap())
    });
    files.collect()
}

/// A customer who asks as somebody.
fn customer(given: Given) -> Customer {
    let mut customer = Customer::new();
    customer.tools.buckets = given;
    customer
}

fn somebody(server: &Buckets) -> Given {
    Given {
        key_id: Some("AKIDTEST".to_owned()),
        secret_key: Some(Secret::new("hush/hush".to_owned())),
        ..nobody(&server.url)
    }
}

fn nobody(url: &str) -> Given {
    Given {
        endpoint: Some(url.to_owned()),
        ..Given::default()
    }
}

/// Puts all that is published into a bucket.
fn fill(publisher: &Publisher, below: &str) -> Buckets {
    let server = Buckets::start();
    for (path, bytes) in files(publisher) {
        server.put(&format!("{below}{path}"), bytes);
    }
    server
}

#[test]
fn a_bucket_is_as_good_as_a_server() {
    let publisher = Publisher::new();
    let server = fill(&publisher, "py/");
    let customer = customer(somebody(&server));
    let first = customer.get("s3://bucket/py").unwrap();
    assert_eq!((first.downloaded, first.from.as_str()), (true, "s3://bucket/py/"));
    assert_eq!(runs(&first), "Python 3.13.5");
    assert!(!customer.get("s3://bucket/py/index.json").unwrap().downloaded);
    assert_eq!(server.asked("GET /bucket/py/archives/"), 1);
    // The lock file names the place, and neither server nor credentials.
    let lock = customer.root.join("pbs.lock");
    let locked = |request: &mut Request| {
        request.lock = Some(LockUse {
            path: lock.clone(),
            update: false,
        });
    };
    customer.get_with("s3://bucket/py", locked).unwrap();
    let text = fs_err::read_to_string(&lock).unwrap();
    assert!(text.contains("\"s3://bucket/py/\""), "{text}");
    assert!(!text.contains("127.0.0.1") && !text.contains("AKID"), "{text}");
    let obtained = customer.get_with("s3://bucket/py", |request| {
        locked(request);
        request.origin = None;
    });
    assert!(!obtained.unwrap().downloaded);
}

#[test]
fn what_breaks_off_goes_on() {
    let publisher = Publisher::new();
    let server = fill(&publisher, "py/");
    server.mood(|request, before| {
        (request.contains("/archives/") && before == 0).then_some(Trouble::Cut(100_000))
    });
    let customer = customer(somebody(&server));
    assert_eq!(runs(&customer.get("s3://bucket/py").unwrap()), "Python 3.13.5");
    assert_eq!(server.asked("GET /bucket/py/archives/"), 2);
    assert!(
        customer.heard.all().contains("again: "),
        "{}",
        customer.heard.all()
    );
}

#[test]
fn what_a_bucket_does_not_give_is_told() {
    let publisher = Publisher::new();
    let server = fill(&publisher, "py/");
    let refused = |given: Given, from: &str, texts: &[&str]| {
        let customer = customer(given);
        let error = customer.get(from).unwrap_err();
        let said = format!("{}; {}", told(&error), error.hint().unwrap());
        for text in texts {
            assert!(said.contains(text), "{text}: {said}");
        }
        for secret in ["hush", "X-Amz"] {
            assert!(
                !said.contains(secret) && !customer.heard.all().contains(secret),
                "{said}"
            );
        }
        assert_eq!(error.class(), Class::Environment, "{said}");
        assert_eq!(customer.remains(), Vec::<String>::new());
    };
    refused(
        nobody(&server.url),
        "s3://bucket/py",
        &["403", "AWS_ACCESS_KEY_ID", "only what is public"],
    );
    refused(
        somebody(&server),
        "s3://bucket/nothing",
        &["s3://bucket/nothing/index.json", "404", "`pbs publish`"],
    );
    refused(
        nobody("http://127.0.0.1:1"),
        "s3://bucket/py",
        &["cannot be reached"],
    );
    let half = Given {
        secret_key: None,
        ..somebody(&server)
    };
    refused(half, "s3://bucket/py", &["AWS_SECRET_ACCESS_KEY", "both"]);
    server.mood(|request, _| {
        request
            .contains("/archives/")
            .then_some(Trouble::Says(400, "ExpiredToken"))
    });
    refused(
        somebody(&server),
        "s3://bucket/py",
        &["cannot be had from `s3://bucket/py/`", "400", "not expired"],
    );
}

#[test]
fn signatures_of_addresses_are_right() {
    needs_moto!();
    let publisher = Publisher::new();
    let moto = Moto::start();
    for bucket in ["private", "public"] {
        let around = Surroundings {
            here: Utf8Path::new("/"),
            buckets: &moto.given("publisher"),
            limits: QUICK,
            cancelled: CancellationToken::new(),
            notice: Arc::new(|text: &str| panic!("{text}")),
            authorities: Vec::new(),
            registries: pbs::registry::Access::default(),
        };
        let address = BucketAddress::parse(&format!("{bucket}/py+1")).unwrap();
        let place = S3::open(&address, &around, Pace::default()).unwrap();
        for (path, bytes) in files(&publisher) {
            place.put_new(&path, Content::Bytes(&bytes)).unwrap();
        }
    }
    let get = |given: Given, from: &str| customer(given).get(from);
    for user in ["publisher", "reader"] {
        let customer = customer(moto.given(user));
        assert_eq!(runs(&customer.get("s3://private/py+1").unwrap()), "Python 3.13.5");
    }
    assert!(get(nobody(&moto.url), "s3://public/py+1").is_ok(), "anybody may");
    let error = get(nobody(&moto.url), "s3://private/py+1").unwrap_err();
    assert!(
        error.hint().unwrap().contains("AWS_ACCESS_KEY_ID"),
        "{}",
        told(&error)
    );
    let wrong = Given {
        secret_key: Some(Secret::new("wrong".to_owned())),
        ..moto.given("reader")
    };
    let error = get(wrong, "s3://public/py+1").unwrap_err();
    assert!(told(&error).contains("403"), "{}", told(&error));
}
