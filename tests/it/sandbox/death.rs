//! When the driver is killed, so is everything it started.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pbs::sandbox::OutputSink;
use tokio_util::sync::CancellationToken;

use super::bench::Bench;
use super::contract::running;
use crate::support;

struct Print;

impl OutputSink for Print {
    #[expect(clippy::print_stdout, reason = "the test that started us waits for it")]
    fn write(&self, bytes: &[u8]) {
        println!("{}", String::from_utf8_lossy(bytes));
    }
}

/// Kills a process of this binary in the middle of its session.
fn kill_driver(victim: &str, seconds: &str) {
    let mut driver = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", victim, "--ignored", "--nocapture"])
        .env("PBS_TEST_VICTIM", seconds)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(driver.stdout.take().unwrap());
    let started = output
        .by_ref()
        .lines()
        .any(|line| line.unwrap().contains("in session"));
    assert!(started, "the driver ended early");
    let command = format!("sleep\0{seconds}");
    let patience = Instant::now() + Duration::from_secs(10);
    while running(&command) < 2 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(running(&command), 2);
    driver.kill().unwrap();
    driver.wait().unwrap();
    while running(&command) > 0 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(running(&command), 0);
}

async fn be_killed(bench: Option<Bench>) {
    let (Some(bench), Some(seconds)) = (bench, support::variable("PBS_TEST_VICTIM")) else {
        return;
    };
    let call = bench.sh(&format!(
        "setsid sleep {seconds} & echo in session; sleep {seconds}; true"
    ));
    let cancel = CancellationToken::new();
    bench.sandbox.exec(&call.spec, &Print, &cancel).await.unwrap();
}

#[tokio::test]
async fn native() {
    if Bench::native().await.is_some() {
        kill_driver("sandbox::death::native_victim", "7541");
    }
}

#[tokio::test]
async fn docker() {
    if Bench::docker().await.is_some() {
        kill_driver("sandbox::death::docker_victim", "7542");
    }
}

#[tokio::test]
#[ignore = "started by another test, to be killed"]
async fn native_victim() {
    be_killed(Bench::native().await).await;
}

#[tokio::test]
#[ignore = "started by another test, to be killed"]
async fn docker_victim() {
    be_killed(Bench::docker().await).await;
}
