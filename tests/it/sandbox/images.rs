//! Images of roots do not outlive the roots for ever.

use std::os::unix::fs::PermissionsExt;

use bollard::Docker as Api;
use camino::{Utf8Path, Utf8PathBuf};
use pbs::model::{Digest, HostPath, TreeDigest};
use pbs::sandbox::{Docker, RootDir};

use super::bench::{Bench, settings};

/// A root of its own, in a place whose name needs quoting.
fn root(busybox: &Utf8Path, above: &Utf8Path) -> RootDir {
    let dir = above.join("it's \"$HOME\" \\ here");
    fs_err::create_dir_all(dir.join("bin")).unwrap();
    fs_err::copy(busybox.join("usr/bin/busybox"), dir.join("bin/busybox")).unwrap();
    fs_err::os::unix::fs::symlink("busybox", dir.join("bin/sh")).unwrap();
    fs_err::set_permissions(&dir, PermissionsExt::from_mode(0o755)).unwrap();
    RootDir {
        // No other test's, and no other run's.
        digest: TreeDigest(Digest::of(above.as_str().as_bytes())),
        dir: HostPath(dir),
    }
}

pub(crate) async fn roots_that_are_gone_lose_theirs(bench: &Bench) {
    let place = tempfile::tempdir().unwrap();
    let mut call = bench.sh("echo runs");
    call.spec.root = root(
        call.spec.root.dir.as_path(),
        &Utf8PathBuf::from_path_buf(place.path().to_owned()).unwrap(),
    );
    let image = format!("pbs-root:{}-{}", call.spec.root.digest.0.hex(), call.spec.uid);
    let settings = settings();
    let address = settings.docker.as_deref();
    let api = match address {
        Some(address) => Api::connect_with_host(address),
        None => Api::connect_with_defaults(),
    };
    let api = api.unwrap();

    bench.run(&call).await.unwrap();
    Docker::forget_images(address).await.unwrap();
    api.inspect_image(&image).await.expect("its root still stands");
    drop(place);
    assert!(Docker::forget_images(address).await.unwrap() > 0);
    api.inspect_image(&image).await.expect_err("its root is gone");

    let nobody = Docker::forget_images(Some("unix:///nobody/listens")).await;
    assert_eq!(nobody.unwrap(), 0);
}
