//! Servers that misbehave: nothing of what they give is ever unpacked.

use super::*;

/// What becomes of an archive that the server gives in this way; nothing may stand afterwards.
fn archive_as(reply: impl FnOnce(Vec<u8>) -> Reply) -> (ObtainError, Server, Customer, Publisher) {
    let publisher = Publisher::new();
    let server = publisher.serve([(publisher.archive_url(), reply(publisher.archive()))]);
    let customer = Customer::new();
    let error = customer.get(&server.base).unwrap_err();
    assert_eq!(customer.remains(), Vec::<String>::new(), "{}", told(&error));
    assert!(error.hint().is_some(), "{}", told(&error));
    (error, server, customer, publisher)
}

fn asked(server: &Server, path: &str) -> usize {
    let requests = server.requests();
    requests.iter().filter(|request| request.contains(path)).count()
}

#[test]
fn other_bytes_are_never_unpacked() {
    let (error, _, customer, publisher) = archive_as(|mut archive| {
        archive[1000] ^= 1;
        Reply::Whole(archive)
    });
    assert!(matches!(error, ObtainError::Content { .. }), "{}", told(&error));
    assert_eq!(error.class(), Class::Input);
    assert!(customer.heard.all().contains("failed: "));
    // Nothing of it is left to be gone on with.
    let good = publisher.serve([]);
    assert_eq!(runs(&customer.get(&good.base).unwrap()), "Python 3.13.5");
    assert!(!good.requests().iter().any(|request| request.contains("bytes=")));
}

#[test]
fn a_wrong_length_is_told_before_the_bytes() {
    let lies: [fn(Vec<u8>) -> Reply; 2] = [
        |archive| Reply::Whole(archive[..1000].to_vec()),
        |archive| Reply::Whole([archive, vec![0]].concat()),
    ];
    for lie in lies {
        let (error, ..) = archive_as(lie);
        let ObtainError::Archive {
            source: ReachError::Http(HttpError::Announced { .. }),
            ..
        } = &error
        else {
            panic!("{}", told(&error))
        };
        assert_eq!(error.class(), Class::Input);
    }
    // The right length, and more bytes behind: what is behind is no part of it.
    let publisher = Publisher::new();
    let archive = publisher.archive();
    let lie = Reply::Lie([&archive[..], b"more"].concat(), archive.len());
    let server = publisher.serve([(publisher.archive_url(), lie)]);
    assert!(Customer::new().get(&server.base).is_ok());
    // Never announced, and longer.
    let (error, ..) = archive_as(|archive| Reply::Unannounced([archive, vec![0]].concat()));
    assert_eq!(error.class(), Class::Input, "{}", told(&error));
}

#[test]
fn what_breaks_off_goes_on() {
    let publisher = Publisher::new();
    let url = publisher.archive_url();
    let cut = Reply::Cut(publisher.archive(), 100_000);
    let server = publisher.serve([(url.clone(), cut)]);
    let customer = Customer::new();
    assert_eq!(runs(&customer.get(&server.base).unwrap()), "Python 3.13.5");
    assert_eq!(asked(&server, "bytes=100000-"), 1, "{:?}", server.requests());
    assert!(
        customer.heard.all().contains("again: "),
        "{}",
        customer.heard.all()
    );
}

#[test]
fn another_run_goes_on_where_one_gave_up() {
    let (error, server, customer, publisher) = archive_as(|archive| Reply::AlwaysCut(archive, 100_000));
    assert_eq!(error.class(), Class::Environment, "{}", told(&error));
    assert_eq!(asked(&server, "/archives/"), 3, "the tries are bounded");
    let good = publisher.serve([]);
    let obtained = customer.get(&good.base).unwrap();
    assert_eq!(runs(&obtained), "Python 3.13.5");
    assert_eq!(asked(&good, "bytes=100000-"), 1, "{:?}", good.requests());
    let parts = customer.root.join("store/fetched-v1/parts");
    assert_eq!(fs_err::read_dir(parts).unwrap().count(), 0);
}

#[test]
fn what_does_not_fit_together_is_fetched_anew() {
    let publisher = Publisher::new();
    let server = publisher.serve([]);
    let customer = Customer::new();
    let digest = Digest::of(&publisher.archive());
    let parts = customer.root.join("store/fetched-v1/parts");
    fs_err::create_dir_all(&parts).unwrap();
    fs_err::write(parts.join(digest.hex()), [b'x'; 5000]).unwrap();
    assert_eq!(runs(&customer.get(&server.base).unwrap()), "Python 3.13.5");
    assert_eq!(asked(&server, "/archives/"), 2, "{:?}", server.requests());
    let heard = customer.heard.all();
    assert!(heard.contains("from the beginning"), "{heard}");
    assert_eq!(asked(&server, "bytes=5000-"), 1);
}

#[test]
fn a_slow_server_is_not_waited_for_for_ever() {
    let publisher = Publisher::new();
    let stall = Reply::Stall(publisher.archive(), 10);
    let server = publisher.serve([(publisher.archive_url(), stall)]);
    let mut customer = Customer::new();
    customer.tools.limits.idle = Duration::from_millis(200);
    let error = customer.get(&server.base).unwrap_err();
    let text = told(&error);
    assert!(text.contains("next to nothing came for 0.2 s"), "{text}");
    assert_eq!(error.class(), Class::Environment);
    assert_eq!(asked(&server, "/archives/"), 3);
    assert_eq!(customer.remains(), Vec::<String>::new());
}

#[test]
fn statuses_have_reasons_and_hints() {
    for (status, tries, hint) in [
        (403, 1, "credentials"),
        (404, 1, "publisher"),
        (429, 3, "mirror"),
        (500, 3, "mirror"),
        (503, 3, "mirror"),
    ] {
        let (error, server, customer, _) = archive_as(|_| Reply::Status(status));
        let text = told(&error);
        assert!(text.contains(&status.to_string()), "{text}");
        assert!(
            error.hint().unwrap().contains(hint),
            "{status}: {:?}",
            error.hint()
        );
        assert_eq!(error.class(), Class::Environment, "{text}");
        assert_eq!(asked(&server, "/archives/"), tries, "{status}");
        let again = customer.heard.all().matches("again: ").count();
        assert_eq!(again, tries - 1, "each is told with its reason");
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let publisher = Publisher::new();
    let url = publisher.archive_url();
    let index = fs_err::read(publisher.dir.join(Index::NAME)).unwrap();
    let server = publisher.serve([
        (url, Reply::Busy(503, 2, publisher.archive())),
        ("/index.json".to_owned(), Reply::Busy(429, 1, index)),
    ]);
    let customer = Customer::new();
    assert!(customer.get(&server.base).is_ok());
    let heard = customer.heard.all();
    assert!(
        heard.contains("503") && heard.contains("index.json: the server answered 429"),
        "{heard}"
    );
}

#[test]
fn redirects_stay_with_http() {
    let publisher = Publisher::new();
    for to in ["ftp://127.0.0.1/x", "file:///etc/passwd", "data:,x"] {
        let (error, ..) = archive_as(|_| Reply::Redirect(to.to_owned()));
        let ObtainError::Archive {
            source: ReachError::Http(HttpError::Redirect { to: said }),
            ..
        } = &error
        else {
            panic!("{to}: {}", told(&error))
        };
        assert_eq!(said, to);
    }
    let elsewhere = publisher.serve([]);
    let path = publisher.archive_url();
    let server = publisher.serve([(path.clone(), Reply::Redirect(elsewhere.url(&path)))]);
    assert!(Customer::new().get(&server.base).is_ok());
}

#[test]
fn an_index_that_cannot_be_had_says_why() {
    let publisher = Publisher::new();
    for (name, reply, class, text) in [
        ("index.json", Reply::Status(404), Class::Environment, "404"),
        ("index.json", Reply::Endless, Class::Input, "larger than"),
        ("index.json.minisig", Reply::Endless, Class::Input, "larger than"),
        (
            "index.json.minisig",
            Reply::Status(500),
            Class::Environment,
            "500",
        ),
        (
            "index.json.minisig",
            Reply::Status(404),
            Class::Input,
            "not signed",
        ),
        (
            "index.json",
            Reply::Redirect("ftp://127.0.0.1/".into()),
            Class::Environment,
            "ftp://",
        ),
    ] {
        let server = publisher.serve([(format!("/{name}"), reply)]);
        let error = Customer::new().get(&server.base).unwrap_err();
        assert!(told(&error).contains(text), "{}", told(&error));
        assert_eq!(error.class(), class, "{}", told(&error));
        assert!(error.hint().is_some(), "{}", told(&error));
    }
    let error = Customer::new().get("no/such/directory").unwrap_err();
    assert_eq!(error.class(), Class::Environment, "{}", told(&error));
}

#[test]
fn it_can_be_interrupted_and_goes_on_later() {
    let publisher = Publisher::new();
    let stall = Reply::Stall(publisher.archive(), 50_000);
    let server = publisher.serve([(publisher.archive_url(), stall)]);
    let customer = Customer::new();
    let name = Digest::of(&publisher.archive()).hex();
    let mut tools = customer.tools.clone();
    tools.limits.idle = Duration::from_secs(60);
    let cancelled = tools.cancelled.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let part = customer.root.join("store/fetched-v1/parts").join(&name);
            while fs_err::metadata(&part).map_or(0, |part| part.len()) < 50_000 {
                std::thread::sleep(Duration::from_millis(5));
            }
            cancelled.cancel();
        });
        let error = obtain(&customer.request(&server.base), &tools).unwrap_err();
        assert_eq!(error.class(), Class::Interrupted, "{}", told(&error));
    });
    assert_eq!(customer.remains(), Vec::<String>::new());
    tools.cancelled = CancellationToken::new();
    let good = publisher.serve([]);
    assert!(obtain(&customer.request(&good.base), &tools).is_ok());
    assert_eq!(asked(&good, "bytes="), 1, "{:?}", good.requests());
}
