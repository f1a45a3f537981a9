//! The contract of every sandbox: the same bodies run on each.
//!
//! The root is Debian's static busybox and nothing else, so that nothing of this machine helps.

mod bench;
mod contract;
mod death;
mod images;
mod terminal;

use bench::Bench;

/// Makes a test of each body for each sandbox.
macro_rules! contract {
    ($($name:ident)*) => {
        mod native {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(bench) = Bench::native().await {
                    contract::$name(&bench).await;
                }
            })*
        }
        mod docker {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(bench) = Bench::docker().await {
                    contract::$name(&bench).await;
                }
            })*
        }
    };
}

contract! {
    exit_codes
    signals
    missing_command
    environment_is_exact
    arguments_arrive_whole
    output_keeps_its_order
    user_and_umask
    root_and_inputs_are_read_only
    scratch_is_private
    no_network
    loopback_works
    devices
    processes
    standard_input_is_empty
    no_files_inherited
    limits
    output_tree_is_collected
    nothing_is_left_behind
    timeout_kills
    cancellation_kills
    big_output_streams
    sessions_do_not_meet
    wrong_mount
}

#[tokio::test]
async fn docker_images_of_roots_that_are_gone_are_removed() {
    if let Some(bench) = Bench::docker().await {
        images::roots_that_are_gone_lose_theirs(&bench).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn same_tree_in_both() {
    if let (Some(native), Some(docker)) = (Bench::native().await, Bench::docker().await) {
        contract::same_tree(&native, &docker).await;
    }
}
