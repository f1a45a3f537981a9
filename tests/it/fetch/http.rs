//! Bodies: whole or not at all, from servers that misbehave.

use super::*;

fn http() -> Http {
    Http::new(QUICK, CancellationToken::new()).unwrap()
}

fn get(http: &Http, url: &str, size: usize) -> Result<Vec<u8>, HttpError> {
    let mut body = http.get(url, BodySize::Exactly(size as u64))?;
    let mut bytes = Vec::new();
    match body.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(body.failure().unwrap()),
    }
}

#[test]
fn a_body_comes_whole_or_not_at_all() {
    let all = content();
    let size = all.len();
    let server = Server::start([
        ("/whole", Reply::Whole(all.clone())),
        ("/unannounced", Reply::Unannounced(all.clone())),
        ("/cut", Reply::Cut(all.clone(), 70_000)),
        ("/restarts", Reply::CutOnce(all.clone(), 70_000)),
        ("/always-cut", Reply::AlwaysCut(all.clone(), 70_000)),
        ("/stall", Reply::Stall(all.clone(), 10)),
        ("/endless", Reply::Endless),
        ("/elsewhere", Reply::Redirect("/whole".into())),
        ("/round", Reply::Redirect("/round".into())),
    ]);
    let http = http();
    for path in ["/whole", "/unannounced", "/cut", "/restarts", "/elsewhere"] {
        assert_eq!(get(&http, &server.url(path), size).unwrap(), all, "{path}");
    }
    // What broke off went on where it stopped.
    let resumed: Vec<_> = server
        .requests()
        .into_iter()
        .filter(|request| request.contains("/cut bytes="))
        .collect();
    assert_eq!(resumed.len(), 1, "{resumed:?}");

    let fails = |path: &str, size: usize| get(&http, &server.url(path), size).unwrap_err();
    assert!(matches!(fails("/none", size), HttpError::Status { status } if status == 404));
    assert!(matches!(fails("/whole", size - 1), HttpError::Announced { .. }));
    assert!(matches!(
        fails("/unannounced", size - 1),
        HttpError::TooLong { .. }
    ));
    assert!(matches!(
        fails("/endless", 100),
        HttpError::TooLong { expected: 100 }
    ));
    assert!(matches!(
        fails("/unannounced", size + 1),
        HttpError::Truncated { .. }
    ));
    assert!(matches!(fails("/round", size), HttpError::Request { .. }));
    let stalled = fails("/stall", size);
    assert!(
        matches!(stalled, HttpError::Stalled { received: 10, .. }),
        "{stalled}"
    );
    let cut = fails("/always-cut", size);
    assert!(
        matches!(cut, HttpError::Broken { .. } | HttpError::Truncated { .. }),
        "{cut}"
    );
    let attempts = server
        .requests()
        .iter()
        .filter(|request| request.contains("/always-cut"))
        .count();
    assert_eq!(attempts, 3, "it is not tried for ever");
    assert!(matches!(
        http.get("ftp://127.0.0.1/x", BodySize::Exactly(1)),
        Err(HttpError::Address { .. })
    ));
}

#[test]
fn a_host_that_cannot_be_reached_is_asked_once() {
    let http = http();
    let first = get(&http, "http://no-such-host.invalid/a", 1).unwrap_err();
    assert!(
        matches!(&first, HttpError::Unreachable { host, .. } if host == "no-such-host.invalid"),
        "{first}"
    );
    let begin = Instant::now();
    let second = get(&http, "http://no-such-host.invalid/b", 1).unwrap_err();
    assert!(matches!(second, HttpError::KnownUnreachable { .. }), "{second}");
    assert!(begin.elapsed() < Duration::from_millis(100));
}

#[test]
fn who_drips_is_cut_off() {
    let all = content();
    let pause = Duration::from_millis(10);
    let server = Server::start([
        ("/drip", Reply::Drip(all.clone(), pause)),
        ("/short", Reply::Drip(all[..5].to_vec(), pause)),
    ]);
    let limits = HttpLimits {
        idle: Duration::from_millis(500),
        ..QUICK
    };
    let http = Http::new(limits, CancellationToken::new()).unwrap();
    let error = get(&http, &server.url("/drip"), all.len()).unwrap_err();
    let HttpError::Stalled { received, .. } = error else {
        panic!("{error}")
    };
    assert!((1..1000).contains(&received), "{received}");
    assert_eq!(get(&http, &server.url("/short"), 5).unwrap(), all[..5]);
}

#[test]
fn a_transfer_can_be_cancelled() {
    let server = Server::start([("/stall", Reply::Stall(content(), 10))]);
    let cancelled = CancellationToken::new();
    let limits = HttpLimits {
        idle: Duration::from_secs(60),
        ..QUICK
    };
    let http = Http::new(limits, cancelled.clone()).unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        cancelled.cancel();
    });
    let error = get(&http, &server.url("/stall"), 400_000).unwrap_err();
    assert!(matches!(error, HttpError::Cancelled), "{error}");
}
