//! Buckets of a server that keeps to every condition, or to none, and that breaks off anywhere.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use pbs::bucket::Given;
use pbs::engine::Class;
use pbs::index::Index;
use pbs::model::{Digest, Secret, TreePath};
use pbs::publish::{Content, Destination as _, DestinationError, Pace, PublishError, Put};

use super::bucket::{BRIEF, CALM, Publisher, told};
use super::place::Place;
use crate::bucket::{Buckets, Trouble};
use crate::distribution::{needs_cc, path};

const INDEX: &str = "PUT /bucket/py/index.json";
const LOCK: &str = "/bucket/py/.publish.lock";

fn given(server: &Buckets) -> Given {
    Given {
        key_id: Some("AKIDTEST".to_owned()),
        secret_key: Some(Secret::new("hush/hush".to_owned())),
        endpoint: Some(server.url.clone()),
        ..Given::default()
    }
}

fn publisher(server: &Buckets) -> Publisher {
    Publisher::new(&given(server), "bucket/py")
}

/// One who soon takes over, and soon loses what they have.
fn hasty(server: &Buckets) -> Publisher {
    Publisher::with(&given(server), "bucket/py", BRIEF)
}

/// Takes over from one who is gone, and gives back what was taken.
fn take_over(server: &Buckets) {
    let begun = Instant::now();
    drop(
        hasty(server)
            .destination
            .hold(&mut |_| ControlFlow::Continue(()))
            .unwrap(),
    );
    assert!(begun.elapsed() >= BRIEF.stale, "it waited");
}

/// The index that readers find.
fn index(server: &Buckets) -> Option<Index> {
    let contents = server.contents("py/");
    let bytes = contents.get(Index::NAME)?;
    for artifact in Index::read(bytes).unwrap().artifacts {
        let archive = &contents[artifact.path.as_str()];
        assert_eq!(Digest::of(archive), artifact.digest(), "{}", artifact.name);
    }
    assert!(contents.contains_key(&Index::signature_of(bytes)));
    Some(Index::read(bytes).unwrap())
}

/// A file of so many bytes of `content`, and its digest.
fn file(place: &Place, content: u8, size: usize) -> (Utf8PathBuf, Digest) {
    let file = place.root().join("file");
    let bytes = vec![content; size];
    fs_err::write(&file, &bytes).unwrap();
    (file, Digest::of(&bytes))
}

#[test]
fn a_server_without_conditions_is_found_out_before_anything_is_put() {
    needs_cc!();
    let place = Place::new();
    let archives = [place.archive("noopt")];
    let moods: [fn(&str, usize) -> Option<Trouble>; 4] = [
        |_, _| Some(Trouble::Unconditional),
        // One that knows the one condition, and not the other.
        |request, before| (request.ends_with(LOCK) && before == 1).then_some(Trouble::Unconditional),
        |request, before| (request.ends_with(LOCK) && before == 2).then_some(Trouble::Unconditional),
        |request, _| {
            request
                .starts_with("PUT")
                .then_some(Trouble::Says(501, "NotImplemented"))
        },
    ];
    for mood in moods {
        let server = Buckets::start();
        server.mood(move |request, before| match request.starts_with("PUT") {
            true => mood(request, before),
            false => None,
        });
        let error = publisher(&server).publish(&place, &archives).unwrap_err();
        let text = told(&error);
        assert!(text.contains("does not keep to conditions (`If-"), "{text}");
        assert!(text.contains("publish to a directory and copy it"), "{text}");
        assert_eq!(error.class(), Class::Environment, "{text}");
        assert_eq!(server.contents("").len(), 0);
    }
}

#[test]
fn two_who_publish_at_once_lose_nothing() {
    needs_cc!();
    let place = Place::new();
    let archives = ["noopt", "debug", "lto", "pgo"].map(|options| place.archive(options));
    let server = Buckets::start();
    let publish = |archive: &Utf8PathBuf| publisher(&server).publish(&place, std::slice::from_ref(archive));
    std::thread::scope(|scope| {
        let running = archives
            .each_ref()
            .map(|archive| scope.spawn(|| publish(archive)));
        for one in running {
            one.join().unwrap().unwrap();
        }
    });
    let index = index(&server).unwrap();
    assert_eq!((index.artifacts.len(), index.serial), (4, 4));
    let sums = server.contents("py/")[Index::SUMS].clone();
    assert_eq!(sums.iter().filter(|byte| **byte == b'\n').count(), 4);
}

#[test]
fn an_index_that_was_changed_meanwhile_is_not_replaced() {
    needs_cc!();
    let place = Place::new();
    let archives = ["noopt", "debug"].map(|options| place.archive(options));
    for first in [true, false] {
        let server = Buckets::start();
        if !first {
            publisher(&server).publish(&place, &archives[..1]).unwrap();
        }
        server.mood(|request, _| {
            (request == INDEX).then(|| Trouble::After("py/index.json", b"theirs".to_vec()))
        });
        let error = publisher(&server).publish(&place, &archives).unwrap_err();
        let text = told(&error);
        assert!(
            text.contains("`index.json` was changed meanwhile; publish again"),
            "{text}"
        );
        assert_eq!(error.class(), Class::Input);
        assert_eq!(server.contents("py/")[Index::NAME], b"theirs");
    }
}

#[test]
fn whoever_sleeps_too_long_changes_nothing() {
    needs_cc!();
    let place = Place::new();
    let archives = ["noopt", "debug"].map(|options| place.archive(options));
    let server = Buckets::start();
    // The first does not renew its lease, and thinks that it has a day.
    let day = Duration::from_secs(86_400);
    let idle = Pace {
        renew: day,
        stale: day,
        ..CALM
    };
    let sleeper = Publisher::with(&given(&server), "bucket/py", idle);
    // When it is about to put its index, the other one sees a lease that nobody renews, and publishes.
    let there = server.clone();
    server.mood(move |request, before| {
        while request == INDEX && before == 0 && there.asked(INDEX) < 2 {
            std::thread::sleep(Duration::from_millis(10));
        }
        while request == INDEX && before == 0 && index(&there).is_none() {
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    });
    std::thread::scope(|scope| {
        let sleeping = scope.spawn(|| sleeper.publish(&place, &archives[..1]));
        while server.asked(INDEX) == 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        take_over(&server);
        let outcome = publisher(&server).publish(&place, &archives[1..]).unwrap();
        assert_eq!(outcome.serial, 1);
        let error = sleeping.join().unwrap().unwrap_err();
        assert!(told(&error).contains("was changed meanwhile"), "{}", told(&error));
    });
    assert_eq!(index(&server).unwrap().artifacts.len(), 1);
    // Again, and both are there.
    let outcome = publisher(&server).publish(&place, &archives[..1]).unwrap();
    assert_eq!((outcome.serial, index(&server).unwrap().artifacts.len()), (2, 2));
}

#[test]
fn a_lease_lasts_as_long_as_it_is_renewed() {
    let server = Buckets::start();
    let (one, other) = (hasty(&server), hasty(&server));
    let held = one
        .destination
        .hold(&mut |_| panic!("nobody else publishes"))
        .unwrap();
    let begun = Instant::now();
    let mut last = String::new();
    let waited = other.destination.hold(&mut |holder| {
        last = holder.to_owned();
        match begun.elapsed() > BRIEF.stale * 2 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    assert!(matches!(waited, Err(DestinationError::Interrupted)));
    assert!(
        last.starts_with(&format!("process {} on ", std::process::id())),
        "{last}"
    );
    drop(held);
    // It was given back: nobody waits.
    drop(
        other
            .destination
            .hold(&mut |_| panic!("nobody publishes"))
            .unwrap(),
    );
}

#[test]
fn whoever_lost_the_lease_does_not_go_on() {
    let server = Buckets::start();
    let one = hasty(&server);
    let held = one
        .destination
        .hold(&mut |_| panic!("nobody else publishes"))
        .unwrap();
    let put = |name: &str| one.destination.put_new(&path(name), Content::Bytes(b"x"));
    assert_eq!(put("a").unwrap(), Put::Made);
    // Somebody writes the record who does not keep to the rules.
    server.mood(|request, before| {
        (request.ends_with(LOCK) && request.starts_with("PUT") && before > 3)
            .then(|| Trouble::After("py/.publish.lock", b"mine".to_vec()))
    });
    let begun = Instant::now();
    while put("a").is_ok() && put(&format!("b{}", begun.elapsed().as_millis())).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(50));
    }
    let error = put("c").unwrap_err();
    assert!(error.to_string().contains("write what is published"), "{error}");
    assert!(error.hint().unwrap().contains("publish again"));
    drop(held);
    assert_eq!(server.contents("py/").get("c"), None);
    server.mood(|_, _| None);
    // A record that nobody can read is somebody's, for as long as others.
    let mut waited = 0;
    drop(one.destination.hold(&mut |holder| {
        assert_eq!(holder, "somebody");
        waited += 1;
        ControlFlow::Continue(())
    }));
    assert!(waited > 3);
}

#[test]
fn an_answer_that_does_not_come_is_asked_for_again() {
    needs_cc!();
    let place = Place::new();
    let archives = [place.archive("noopt"), place.ballast("debug", 20 << 20)];
    let server = Buckets::start();
    // Each request is done, and the first answer to it is lost, but to the one that begins an upload.
    server.mood(|request, before| {
        (before == 0 && !request.starts_with("GET") && !request.ends_with("?uploads="))
            .then_some(Trouble::NoAnswer)
    });
    let publisher = publisher(&server);
    let outcome = publisher.publish(&place, &archives).unwrap();
    assert_eq!((outcome.serial, outcome.changed), (1, true));
    assert_eq!(index(&server).unwrap().artifacts.len(), 2);
    assert_eq!(server.unfinished(), 0);
    let heard = publisher.heard();
    assert!(
        heard.contains("the connection broke before an answer came; attempt 2 of 3"),
        "{heard}"
    );
}

#[test]
fn a_server_that_is_busy_is_asked_again_and_not_for_ever() {
    needs_cc!();
    let place = Place::new();
    let archives = [place.ballast("debug", 20 << 20)];
    let part = "partNumber=2";
    let server = Buckets::start();
    server.mood(move |request, before| {
        (request.contains(part) && before < 2).then_some(Trouble::Says(503, "SlowDown"))
    });
    let busy = publisher(&server);
    busy.publish(&place, &archives).unwrap();
    assert!(
        busy.heard().contains("the server answered 503; attempt 3 of 3"),
        "{}",
        busy.heard()
    );
    assert_eq!(index(&server).unwrap().artifacts.len(), 1);

    let server = Buckets::start();
    server.mood(move |request, _| request.contains(part).then_some(Trouble::Says(503, "SlowDown")));
    let error = publisher(&server).publish(&place, &archives).unwrap_err();
    let text = told(&error);
    assert!(
        text.contains("503 SlowDown") && text.contains("publish again"),
        "{text}"
    );
    assert_eq!(error.class(), Class::Environment);
    assert_eq!(
        server
            .held()
            .requests
            .iter()
            .filter(|request| request.contains(part))
            .count(),
        3
    );
    assert_eq!(server.unfinished(), 0, "it was given up");
    assert_eq!(server.contents("").len(), 0);
}

#[test]
fn what_a_killed_publisher_left_is_cleared_away_by_the_next() {
    needs_cc!();
    let mut place = Place::new();
    let archives = [place.ballast("debug", 20 << 20)];
    let server = Buckets::start();
    server.mood(|request, before| {
        (request.contains("partNumber=2") && before == 0).then_some(Trouble::Late(Duration::from_secs(120)))
    });
    place.set("AWS_ACCESS_KEY_ID", "AKIDTEST");
    place.set("AWS_SECRET_ACCESS_KEY", "hush/hush");
    place.set("AWS_ENDPOINT_URL_S3", server.url.as_str());
    let mut process = place.start(&[&archives[0]], &["--to", "s3://bucket/py"]);
    while !server
        .held()
        .requests
        .iter()
        .any(|request| request.contains("partNumber=2"))
    {
        assert!(process.try_wait().unwrap().is_none(), "it is at it");
        std::thread::sleep(Duration::from_millis(10));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!((server.unfinished(), index(&server)), (1, None));
    server.mood(|_, _| None);
    take_over(&server);
    assert_eq!(server.unfinished(), 0, "it was cleared away");
    publisher(&server).publish(&place, &archives).unwrap();
    assert_eq!(
        (server.unfinished(), index(&server).unwrap().artifacts.len()),
        (0, 1)
    );
}

#[test]
fn an_interrupted_publisher_clears_away_itself() {
    needs_cc!();
    let place = Place::new();
    let archives = [place.ballast("debug", 20 << 20)];
    let server = Buckets::start();
    server.mood(|request, before| {
        (request.contains("partNumber=2") && before == 0).then_some(Trouble::Late(Duration::from_secs(120)))
    });
    let interrupted = publisher(&server);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| interrupted.publish(&place, &archives));
        while !server
            .held()
            .requests
            .iter()
            .any(|request| request.contains("partNumber=2"))
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        interrupted.cancelled.cancel();
        let error = running.join().unwrap().unwrap_err();
        assert_eq!(error.class(), Class::Interrupted, "{}", told(&error));
    });
    assert_eq!(server.unfinished(), 0);
    server.mood(|_, _| None);
    // The lease was given back, too: nobody is waited for.
    let next = publisher(&server);
    drop(next.destination.hold(&mut |holder| panic!("{holder}")).unwrap());
    next.publish(&place, &archives).unwrap();
}

#[test]
fn what_has_no_digest_is_read() {
    let place = Place::new();
    let server = Buckets::start();
    let publisher = publisher(&server);
    let (file, digest) = file(&place, b'x', 100_000);
    let put = |content| publisher.destination.put_new(&path("archives/x"), content);
    let content = Content::File { path: &file, digest };
    // Somebody else is faster: with the same, then with something else, and their copy says nothing of itself.
    for (theirs, fits) in [(vec![b'x'; 100_000], true), (vec![b'y'; 100_000], false)] {
        server.held().objects.clear();
        let put_by_them = theirs.clone();
        server.mood(move |request, _| {
            let is_put = request == "PUT /bucket/py/archives/x";
            is_put.then(|| Trouble::After("py/archives/x", put_by_them.clone()))
        });
        match put(content) {
            Ok(Put::Same) if fits => {}
            Err(DestinationError::Taken { there, .. }) if !fits => assert_eq!(*there, Digest::of(&theirs)),
            outcome => panic!("{outcome:?}"),
        }
        assert_eq!(server.contents("py/archives/")["x"], theirs);
    }
}

#[test]
fn a_file_that_changes_is_not_published() {
    let place = Place::new();
    let server = Buckets::start();
    let publisher = publisher(&server);
    for size in [100_000, 8 << 20, 17 << 20] {
        let (file, _) = file(&place, b'x', size);
        let content = Content::File {
            path: &file,
            digest: Digest {
                size: size as u64,
                ..Digest::of(b"before")
            },
        };
        let error = publisher
            .destination
            .put_new(&path("archives/x"), content)
            .unwrap_err();
        assert!(matches!(error, DestinationError::Moving { .. }), "{error}");
        assert_eq!((server.contents("").len(), server.unfinished()), (0, 0), "{size}");
        // As it is, it can be.
        let content = Content::File {
            path: &file,
            digest: Digest::of(&vec![b'x'; size]),
        };
        let at: TreePath = path(&format!("archives/{size}"));
        assert_eq!(publisher.destination.put_new(&at, content).unwrap(), Put::Made);
        server.held().objects.clear();
    }
}

#[test]
fn a_server_that_knows_no_condition_for_parts_is_good_enough() {
    let place = Place::new();
    let server = Buckets::start();
    server.mood(|request, before| {
        let is_complete = request.starts_with("POST") && request.contains("uploadId=");
        (is_complete && before == 0).then_some(Trouble::Says(501, "NotImplemented"))
    });
    let (file, digest) = file(&place, b'x', 9 << 20);
    let content = Content::File { path: &file, digest };
    let put = publisher(&server)
        .destination
        .put_new(&path("archives/x"), content);
    assert!(
        matches!(put, Err(DestinationError::Bucket { .. }) | Ok(Put::Made)),
        "{put:?}"
    );
    assert_eq!(put.unwrap(), Put::Made);
    assert_eq!(server.unfinished(), 0);
}

#[test]
fn what_a_server_says_is_told_with_what_to_do() {
    for (status, code, text) in [
        (400, "ExpiredToken", "log in again"),
        (403, "RequestTimeTooSkewed", "clock"),
        (403, "AccessDenied", "s3:PutObject"),
        (404, "NoSuchBucket", "make the bucket first"),
        (400, "XAmzContentSHA256Mismatch", "Not so."),
    ] {
        let server = Buckets::start();
        server.mood(move |_, _| Some(Trouble::Says(status, code)));
        let place = Place::new();
        let error = publisher(&server).publish(&place, &[]).unwrap_err();
        let said = told(&error);
        assert!(
            said.contains(&format!("{status} {code}: ")) && said.contains(text),
            "{said}"
        );
        assert!(matches!(error, PublishError::Destination { .. }));
        assert_eq!(server.held().requests.len(), 1, "it is asked once");
    }
}

#[test]
fn secrets_are_in_no_message_and_no_log() {
    needs_cc!();
    let mut place = Place::new();
    let archives = [place.ballast("debug", 9 << 20)];
    let server = Buckets::start();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "hush/hush"),
        ("AWS_SESSION_TOKEN", "tokenword+"),
        ("AWS_ENDPOINT_URL", server.url.as_str()),
        ("PBS_LOG", "trace"),
    ] {
        place.set(name, value);
    }
    let check = |texts: [&str; 2]| {
        let text = texts.concat();
        assert!(text.contains("TRACE"), "{text}");
        for word in ["hush", "tokenword", "Signature="] {
            let lines = text.lines().filter(|line| line.contains(word));
            assert_eq!(lines.collect::<Vec<_>>(), Vec::<&str>::new(), "{word}");
        }
    };
    let to = ["--to", "s3://bucket/py", "--log", "plain", "-v"];
    let output = place.try_publish(&[&archives[0]], &to);
    assert_eq!(output.code, 0, "{}", output.stderr);
    check([&output.stderr, &output.stdout]);
    let output = place.run(&["fetch", "--from", "s3://bucket/py"], None);
    assert!(output.stderr.contains("nothing"), "{}", output.stderr);
    check([&output.stderr, &output.stdout]);
    // A server that repeats what it was sent is not repeated.
    server.mood(|_, _| {
        Some(Trouble::Says(
            403,
            "Denied</Code><Message>key hush/hush</Message><Code>",
        ))
    });
    let output = place.try_publish(&[&archives[0]], &to);
    assert!(output.stderr.contains("403 Denied"), "{}", output.stderr);
    check([&output.stderr, &output.stdout]);
}
