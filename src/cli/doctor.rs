//! `pbs doctor`: whether this machine can build, and what to install if it cannot.

use std::fmt;
use std::io::Write as _;

use camino::Utf8Path;
use clap::Args;

use super::context::Context;
use super::fail::CliError;
use super::human::Bytes;
use crate::engine::Class;
use crate::model::on_one_line;
use crate::sandbox::{self, Choice};
use crate::ui::Failure;

/// Less free space than this does not hold a build.
const SPACE: u64 = 6_000_000_000;

/// Check whether this machine can build, and say what to install
#[derive(Args, Clone, Debug)]
pub(super) struct Doctor {}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Health {
    Good,
    /// Something else can take its place.
    Lacking,
    /// Nothing can be built without it.
    Bad,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "ok     ",
            Self::Lacking => "without",
            Self::Bad => "BAD    ",
        })
    }
}

struct Check {
    what: &'static str,
    health: Health,
    found: String,
    hint: Option<String>,
}

impl Doctor {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        let mut checks = sandboxes(context);
        checks.push(recipes(context));
        checks.extend(store(context));
        checks.extend(clients(context));
        let bad = checks.iter().filter(|check| check.health == Health::Bad).count();
        for check in checks {
            writeln!(
                context.stdout,
                "{}  {}: {}",
                check.health, check.what, check.found
            )?;
            if let Some(hint) = check.hint {
                writeln!(context.stdout, "         {}", hint.replace('\n', "\n         "))?;
            }
        }
        if bad == 0 {
            return Ok(());
        }
        Err(CliError::new(
            Class::Environment,
            Failure {
                chain: vec![format!(
                    "this machine cannot build yet ({bad} of the checks above)"
                )],
                ..Failure::default()
            },
        ))
    }
}

/// One sandbox is enough.
fn sandboxes(context: &Context) -> Vec<Check> {
    let settings = context.sandbox_settings();
    let mut checks: Vec<Check> = [
        ("native sandbox", Choice::Native),
        ("docker sandbox", Choice::Docker),
    ]
    .into_iter()
    .map(
        |(what, choice)| match context.block_on(sandbox::choose(choice, &settings)) {
            Ok(_) => Check {
                what,
                health: Health::Good,
                found: "works".to_owned(),
                hint: None,
            },
            Err(error) => Check {
                what,
                health: Health::Lacking,
                found: on_one_line(&error),
                hint: error.hint(),
            },
        },
    )
    .collect();
    if checks.iter().all(|check| check.health == Health::Lacking) {
        for check in &mut checks {
            check.health = Health::Bad;
        }
    }
    checks
}

fn recipes(context: &Context) -> Check {
    let what = "recipes";
    match context.recipes().and_then(|_| context.recipes_root()) {
        Ok(root) => Check {
            what,
            health: Health::Good,
            found: root.into_string(),
            hint: None,
        },
        Err(error) => {
            let mut check = failed(what, &error);
            if check.found.is_empty() {
                "there are mistakes in them".clone_into(&mut check.found);
            }
            check
        }
    }
}

fn store(context: &Context) -> Vec<Check> {
    let store = match context.store() {
        Ok(store) => store,
        Err(error) => return vec![failed("store", &error)],
    };
    let mut checks = vec![match store.scratch() {
        Ok(_) => Check {
            what: "store",
            health: Health::Good,
            found: store.root().to_string(),
            hint: None,
        },
        Err(error) => failed("store", &error.into()),
    }];
    checks.push(space(store.root()));
    checks
}

fn space(root: &Utf8Path) -> Check {
    let what = "disk space";
    match rustix::fs::statvfs(root.as_std_path()) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let (health, hint) = if free < SPACE {
                let hint = format!(
                    "a build takes about {}: free some, or choose another disk with `--store`",
                    Bytes(SPACE)
                );
                (Health::Lacking, Some(hint))
            } else {
                (Health::Good, None)
            };
            Check {
                what,
                health,
                found: format!("{} free", Bytes(free)),
                hint,
            }
        }
        Err(error) => failed(what, &std::io::Error::from(error).into()),
    }
}

/// The machine's own clients serve where upstream cannot be reached.
fn clients(context: &Context) -> Vec<Check> {
    let path = context.settings.path.as_deref().unwrap_or("/usr/bin:/bin");
    let find = |names: &[&str]| {
        path.split(':')
            .flat_map(|dir| names.iter().map(move |name| Utf8Path::new(dir).join(name)))
            .find(|file| file.is_file())
    };
    [
        (
            "mirror of Debian packages",
            &["apt-get"][..],
            "the worker root then comes from Debian's snapshot archive",
        ),
        (
            "mirror of crates",
            &["cargo"][..],
            "install Rust (https://rustup.rs); otherwise sources come from upstream only",
        ),
        (
            "mirror of Python files",
            &["pip3", "pip", "uv"][..],
            "install pip (`apt-get install python3-pip`); otherwise sources come from upstream only",
        ),
    ]
    .into_iter()
    .map(|(what, names, hint)| match find(names) {
        Some(file) => Check {
            what,
            health: Health::Good,
            found: file.into_string(),
            hint: None,
        },
        None => Check {
            what,
            health: Health::Lacking,
            found: format!("no `{}`", names[0]),
            hint: Some(hint.to_owned()),
        },
    })
    .collect()
}

fn failed(what: &'static str, error: &CliError) -> Check {
    let failures = error.failures.iter();
    Check {
        what,
        health: Health::Bad,
        found: failures
            .clone()
            .flat_map(|failure| &failure.chain)
            .cloned()
            .collect::<Vec<_>>()
            .join(": "),
        // Mistakes in recipes are told by their details alone.
        hint: Some(
            failures
                .flat_map(|failure| failure.details.iter().chain(&failure.hints))
                .cloned()
                .collect::<Vec<_>>()
                .join("\n"),
        )
        .filter(|hint| !hint.is_empty()),
    }
}
