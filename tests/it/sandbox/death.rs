//! When the driver is killed, so is everything it started.

use std::time::{Duration, Instant};

use super::contract::running;
use crate::mini::toy::{TOOLCHAIN, Toy, until_said};

/// Kills a driver in the middle of a step whose command has a child in another session.
fn kill_driver(toy: Option<Toy>, seconds: &str) {
    let Some(toy) = toy else { return };
    toy.append(
        TOOLCHAIN,
        &format!("setsid sleep {seconds} & echo in session; sleep {seconds}\n"),
    );
    let mut driver = toy.command(&["--verbose"]).spawn().unwrap();
    until_said(&mut driver, "in session");
    let command = format!("sleep\0{seconds}");
    // The promise has no time in it; a machine may be busy.
    let patience = Instant::now() + Duration::from_secs(60);
    let until = |count: usize| {
        while running(&command) != count && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(running(&command), count);
    };
    until(2);
    driver.kill().unwrap();
    driver.wait().unwrap();
    until(0);
}

#[test]
fn native() {
    kill_driver(Toy::new("toy"), "7541");
}

#[test]
fn docker() {
    kill_driver(Toy::in_docker("toy"), "7542");
}
