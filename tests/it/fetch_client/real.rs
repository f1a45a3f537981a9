//! Archives that `pbs build` made, published and fetched.

use pbs::index::ArchiveName;

use super::*;
use crate::support::{install_archives, variable};

#[test]
fn a_built_distribution_runs_where_it_is_fetched_to() {
    let full = variable("PBS_TEST_DIST");
    requires!("dist", full.is_some());
    let mut publisher = Publisher::empty();
    for path in install_archives().unwrap().into_iter().chain(full) {
        let path = Utf8PathBuf::from(path);
        let name = FileName::parse(path.file_name().unwrap()).unwrap();
        let said = ArchiveName::parse(&name).unwrap();
        let artifact = Artifact {
            python: said.python,
            tag: said.tag,
            target: said.target,
            options: said.options.unwrap_or_else(|| "pgo+lto".parse().unwrap()),
            flavor: said.flavor,
            ..publisher.described(name, fs_err::read(&path).unwrap())
        };
        publisher.put(artifact);
    }
    publisher.publish();
    let server = publisher.serve([]);
    let customer = Customer::new();
    let mut tools = customer.tools.clone();
    tools.machine = Machine::here();
    for flavor in [Flavor::Full, Flavor::InstallOnly, Flavor::InstallOnlyStripped] {
        let request = Request {
            flavor,
            ..customer.request(&server.base)
        };
        let obtained = obtain(&request, &tools).unwrap();
        let program = "import sys, ssl, sqlite3; print(sys.version_info[:3], sys.prefix)";
        let output = std::process::Command::new(&obtained.interpreter)
            .args(["-c", program])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(obtained.directory.as_str()), "{flavor:?}: {text}");
        // Python's own bytecode, which it wrote there, is no reason to make it anew.
        assert!(!obtain(&request, &tools).unwrap().downloaded);
    }
}
