//! The bodies. Each holds one promise of a sandbox, and runs on all of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pbs::model::{GuestPath, HostPath};
use pbs::sandbox::{Exit, Mount, OutputSink};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, Log, listing};

async fn exit_of(bench: &Bench, script: &str) -> Exit {
    bench.run(&bench.sh(script)).await.unwrap().0.exit
}

pub(crate) async fn exit_codes(bench: &Bench) {
    assert_eq!(exit_of(bench, "true").await, Exit::Code(0));
    assert_eq!(exit_of(bench, "exit 7").await, Exit::Code(7));
}

/// The command is not process 1, to which most signals are nothing.
pub(crate) async fn signals(bench: &Bench) {
    assert_eq!(exit_of(bench, "kill -KILL $$").await, Exit::Signal(9));
    assert_eq!(exit_of(bench, "kill -ABRT $$").await, Exit::Signal(6));
    assert_eq!(exit_of(bench, "kill -INT $$; exit 3").await, Exit::Signal(2));
}

pub(crate) async fn missing_command(bench: &Bench) {
    let (finished, text) = bench.run(&bench.call(&["no-such-command"])).await.unwrap();
    assert_eq!(finished.exit, Exit::Code(127));
    assert!(text.contains("no-such-command"), "{text}");
}

pub(crate) async fn environment_is_exact(bench: &Bench) {
    // busybox' own `env` would be run by a shell, which adds to it.
    let (_, text) = bench.run(&bench.call(&["env", "-0"])).await.unwrap();
    let mut seen: Vec<_> = text.split_terminator('\0').collect();
    seen.sort_unstable();
    assert_eq!(seen, ["GREETING=a  b=c\nd", "HOME=/work", "PATH=/bin"]);
}

pub(crate) async fn arguments_arrive_whole(bench: &Bench) {
    let odd = ["printf", "<%s>", "", " a  b ", "line\nline", "$HOME", "ü'\"\\"];
    let (_, text) = bench.run(&bench.call(&odd)).await.unwrap();
    assert_eq!(text, "<>< a  b ><line\nline><$HOME><ü'\"\\>");
}

pub(crate) async fn output_keeps_its_order(bench: &Bench) {
    let text = bench.prints("seq 1 20000").await;
    let expected: String = (1..=20000).map(|n| format!("{n}\n")).collect();
    assert!(text == expected, "{} bytes", text.len());
    // Two streams in one; Docker may take two writes at once in any order.
    let text = bench
        .prints("echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three")
        .await;
    assert_eq!(text, "one\ntwo\nthree\n");
}

pub(crate) async fn user_and_umask(bench: &Bench) {
    let text = bench.prints("id -u; id -g; umask; pwd; hostname").await;
    assert_eq!(text, "1000\n1000\n0022\n/work\npbs\n");
    let fields = "^(CapEff|CapPrm|CapAmb|CapBnd|CapInh|NoNewPrivs|SigBlk|SigIgn)";
    let call = bench.call(&["grep", "-E", fields, "/proc/self/status"]);
    let (_, text) = bench.run(&call).await.unwrap();
    assert_eq!(text.lines().count(), 8, "{text}");
    for line in text.lines() {
        let (name, value) = line.split_once(":\t").unwrap();
        let value = u64::from_str_radix(value, 16).unwrap();
        // Signals 32 and 33 belong to the C library, which lets nobody at them.
        let value = if name == "SigIgn" {
            value & !(3 << 31)
        } else {
            value
        };
        assert_eq!(value, u64::from(name == "NoNewPrivs"), "{name}");
    }
}

pub(crate) async fn root_and_inputs_are_read_only(bench: &Bench) {
    let text = bench
        .prints(
            "cat /in/some/input/hello /top-level-file
             for f in /x /usr/x /usr/bin/x /etc/x /in/x /in/some/input/x /dev/x /proc/x; do
               if touch $f 2>/dev/null; then echo \"$f can be written\"; fi
             done
             if echo x 2>/dev/null >>/top-level-file; then echo written; fi
             touch /work/x /out/x /tmp/x /dev/shm/x && echo fine",
        )
        .await;
    assert_eq!(text, "hello from outside\nhere\nfine\n");
}

pub(crate) async fn scratch_is_private(bench: &Bench) {
    let first = bench
        .prints("ls -A /tmp /dev/shm; touch /tmp/left /dev/shm/left; stat -c %a /tmp /dev/shm")
        .await;
    let second = bench
        .prints("ls -A /tmp /dev/shm; touch /tmp/left /dev/shm/left; stat -c %a /tmp /dev/shm")
        .await;
    assert_eq!(first, "/dev/shm:\n\n/tmp:\n1777\n1777\n");
    assert_eq!(second, first);
    // Programs made in a scratch directory can be run.
    let text = bench
        .prints("for d in /tmp /work /out; do cp /bin/busybox $d/echo; $d/echo $d; done")
        .await;
    assert_eq!(text, "/tmp\n/work\n/out\n");
    assert!(!std::path::Path::new("/tmp/left").exists());
}

pub(crate) async fn no_network(bench: &Bench) {
    let text = bench
        .prints("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; nc -w 20 1.1.1.1 80 </dev/null 2>/dev/null && echo connected; cat /proc/net/route | wc -l")
        .await;
    assert!(text.starts_with("lo\n"), "{text}");
    assert!(text.ends_with("\n1\n") && !text.contains("connected"), "{text}");
}

pub(crate) async fn loopback_works(bench: &Bench) {
    let text = bench
        .prints(
            "echo over the wire | nc -l -p 7777 &
             for i in $(seq 80); do
               nc 127.0.0.1 7777 </dev/null 2>/dev/null && break; sleep 0.1
             done",
        )
        .await;
    assert_eq!(text, "over the wire\n");
}

pub(crate) async fn devices(bench: &Bench) {
    let text = bench
        .prints(
            "head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; head -c 3 /dev/random | wc -c
             echo gone >/dev/null; echo x 2>&1 >/dev/full | grep -c space
             ls /dev/pts | grep -c '[0-9]'
             exec 3<>/dev/ptmx && ls /dev/pts | grep -c '^0$'
             echo out >/dev/stdout; (echo err >/dev/stderr) 2>&1; readlink /dev/fd
             (exec </dev/tty) 2>/dev/null && echo has a terminal
             [ -t 0 ] || [ -t 1 ] || [ -t 2 ] || echo no terminal",
        )
        .await;
    assert_eq!(text, "3\n3\n3\n1\n0\n1\nout\nerr\n/proc/self/fd\nno terminal\n");
}

pub(crate) async fn processes(bench: &Bench) {
    let text = bench.prints("ls -d /proc/[0-9]* | wc -l; echo $$").await;
    let numbers: Vec<u32> = text.lines().map(|n| n.parse().unwrap()).collect();
    assert!(numbers[0] <= 5 && (2..10).contains(&numbers[1]), "{text}");
    // Orphans are reaped by process 1.
    let text = bench
        .prints("(sleep 0 & exec true); (true &); sleep 0.3; grep -l '^State:.Z' /proc/[0-9]*/status | wc -l")
        .await;
    assert_eq!(text, "0\n");
}

pub(crate) async fn standard_input_is_empty(bench: &Bench) {
    let (finished, text) = bench.run(&bench.call(&["wc", "-c"])).await.unwrap();
    assert_eq!((finished.exit, text.as_str()), (Exit::Code(0), "0\n"));
}

/// Even what this process has left open for whoever it starts.
pub(crate) async fn no_files_inherited(bench: &Bench) {
    let open = fs_err::File::open("/proc/version").unwrap();
    rustix::io::fcntl_setfd(&open, rustix::io::FdFlags::empty()).unwrap();
    let (_, text) = bench.run(&bench.call(&["ls", "/proc/self/fd"])).await.unwrap();
    assert_eq!(text, "0\n1\n2\n3\n", "3 is the directory");
    drop(open);
}

pub(crate) async fn limits(bench: &Bench) {
    let text = bench
        .prints("ulimit -Sn; ulimit -Hn; ulimit -Ss; ulimit -Hc; df -k /tmp /dev/shm | tail -n +2 | tr -s ' ' | cut -d' ' -f2")
        .await;
    assert_eq!(text, "1024\n4096\n8192\n0\n4194304\n1048576\n");
}

const TREE: &str = "cd /out
    mkdir -p empty deep/er; echo data >deep/er/file; printf '#!/bin/sh\n' >run; chmod 755 run
    ln -s deep/er/file link; ln -s /nowhere dangling; ln deep/er/file hard
    chmod 400 deep/er/file; mkdir closed; chmod 555 closed; touch 'a b' 'ü\\'
    head -c 3000000 /dev/zero >big; touch -d @1 big";

pub(crate) async fn output_tree_is_collected(bench: &Bench) {
    let call = bench.sh(TREE);
    let (finished, text) = bench.run(&call).await.unwrap();
    assert_eq!(finished.exit, Exit::Code(0), "{text}");
    let found = listing(&call.spec.out);
    let zeros = pbs::model::Digest::of(&vec![0; 3_000_000]);
    let data = pbs::model::Digest::of(b"data\n");
    let expected = [
        ("a b", format!("file {}", pbs::model::Digest::of(b""))),
        ("big", format!("file {zeros}")),
        ("closed", "dir".to_owned()),
        ("dangling", "link /nowhere".to_owned()),
        ("deep", "dir".to_owned()),
        ("deep/er", "dir".to_owned()),
        ("deep/er/file", format!("file {data}")),
        ("empty", "dir".to_owned()),
        ("hard", format!("file {data}")),
        ("link", "link deep/er/file".to_owned()),
        (
            "run",
            format!("program {}", pbs::model::Digest::of(b"#!/bin/sh\n")),
        ),
        ("ü\\", format!("file {}", pbs::model::Digest::of(b""))),
    ];
    let expected = expected.map(|(name, what)| (name.to_owned(), what));
    assert_eq!(found, expected.into());
    // All of it is the driver's own, to move and to remove.
    let closed = call.spec.out.0.join("closed");
    fs_err::remove_dir(closed).unwrap();
    fs_err::rename(call.spec.out.0.join("big"), call.spec.work.0.join("big")).unwrap();
}

pub(crate) async fn nothing_is_left_behind(bench: &Bench) {
    let call = bench.sh("touch /work/w /out/o /tmp/t; (sleep 7531 &); (sleep 7531 &) ; echo done");
    let before = listing(&call.spec.root.dir);
    let started = Instant::now();
    let (finished, _) = bench.run(&call).await.unwrap();
    assert_eq!(finished.exit, Exit::Code(0));
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(listing(&call.spec.root.dir), before);
    assert_eq!(listing(&call.spec.out).len(), 1);
    let input = listing(&call.spec.mounts[0].host);
    assert_eq!(input.len(), 1);
    assert_eq!(running("sleep\x007531"), 0);
}

pub(crate) async fn timeout_kills(bench: &Bench) {
    let mut call = bench.sh("echo started; (trap '' TERM; sleep 7532) & trap '' TERM; sleep 7532");
    call.spec.timeout = Duration::from_millis(1500);
    let started = Instant::now();
    // On a busy machine the time may be over before the command has started.
    let (finished, _) = bench.run(&call).await.unwrap();
    assert_eq!(finished.exit, Exit::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(running("sleep\x007532"), 0);
}

pub(crate) async fn cancellation_kills(bench: &Bench) {
    let call = bench.sh("setsid sh -c 'setsid sleep 7533 & sleep 7533' & echo started; sleep 7533");
    let (log, cancel) = (Log::default(), CancellationToken::new());
    let watch = async {
        while log.text().is_empty() || running("sleep\x007533") < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        cancel.cancel();
    };
    let (finished, ()) = tokio::join!(bench.sandbox.exec(&call.spec, &log, &cancel), watch);
    assert_eq!(finished.unwrap().exit, Exit::Cancelled);
    assert_eq!(running("sleep\x007533"), 0);
    // Cancelled before it was started.
    let finished = bench.sandbox.exec(&call.spec, &log, &cancel).await;
    assert_eq!(finished.unwrap().exit, Exit::Cancelled);
}

#[derive(Default)]
struct Count(AtomicU64);

impl OutputSink for Count {
    fn write(&self, bytes: &[u8]) {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

pub(crate) async fn big_output_streams(bench: &Bench) {
    let call = bench.sh("head -c 100000000 /dev/zero");
    let (count, cancel) = (Count::default(), CancellationToken::new());
    let before = peak_memory();
    let finished = bench.sandbox.exec(&call.spec, &count, &cancel).await.unwrap();
    assert_eq!(finished.exit, Exit::Code(0));
    assert_eq!(count.0.load(Ordering::Relaxed), 100_000_000);
    let grown = peak_memory() - before;
    assert!(grown < 40_000, "peak memory grew by {grown} kB");
}

pub(crate) async fn sessions_do_not_meet(bench: &Bench) {
    let script = "echo $$ >/work/me; touch /tmp/me /out/me; sleep 0.3; ls /work /tmp /out; [ $(ls -d /proc/[0-9]* | wc -l) -lt 6 ] && echo alone";
    let calls = [bench.sh(script), bench.sh(script), bench.sh(script)];
    let all = futures_util::future::join_all(calls.iter().map(|call| bench.run(call))).await;
    let texts: Vec<_> = all.into_iter().map(|run| run.unwrap().1).collect();
    assert_eq!(texts[0], "/out:\nme\n\n/tmp:\nme\n\n/work:\nme\nalone\n");
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

pub(crate) async fn wrong_mount(bench: &Bench) {
    let mut call = bench.sh("true");
    call.spec.mounts.push(Mount {
        host: HostPath("/no/such/directory".into()),
        guest: GuestPath::parse("/in/nothing").unwrap(),
    });
    let error = bench.run(&call).await.unwrap_err();
    let text = format!("{error} {}", std::error::Error::source(&error).unwrap());
    assert!(text.contains("/no/such/directory"), "{text}");
}

/// How many processes of this machine have this command line.
pub(crate) fn running(command: &str) -> usize {
    let processes = fs_err::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| fs_err::read(entry.path().join("cmdline")).ok())
        .filter(|line| line.strip_suffix(b"\0") == Some(command.as_bytes()))
        .count()
}

/// `VmHWM` of this process in kB.
fn peak_memory() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Both sandboxes make the same of the same command.
pub(crate) async fn same_tree(one: &Bench, other: &Bench) {
    let (first, second) = (one.sh(TREE), other.sh(TREE));
    one.run(&first).await.unwrap();
    other.run(&second).await.unwrap();
    assert_eq!(listing(&first.spec.out), listing(&second.spec.out));
}
