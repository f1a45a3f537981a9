//! `pbs publish`: archives where others fetch them, and the keys that sign for them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::ControlFlow;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::args::Format;
use super::context::Context;
use super::fail::CliError;
use crate::fetch::HttpLimits;
use crate::index::Address;
use crate::model::Digest;
use crate::plan::LockedPackage;
use crate::publish::{
    Change, Event, Outcome, Request, Surroundings, is_exposed, new_key_files, open, publish,
    read_public_key_file, read_secret_key_file,
};
use crate::sign::key_id;

/// Put archives where others fetch them, with a signed index and evidence
///
/// The place then holds the archives under their names, what each consists of (SPDX, CycloneDX) and
/// how it was made (SLSA provenance), a signed index, the same for uv and for Bazel's rules for
/// Python, sums, and a page for people. Publishing again does what is still to be done.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Publish {
    /// Archives that `pbs build` made; none to change keys only
    #[arg(value_name = "DIST")]
    archives: Vec<Utf8PathBuf>,
    /// Where to publish: a directory, which any web server can serve, a bucket (`s3://BUCKET/PREFIX`), or a
    /// repository of an OCI registry (`oci://HOST/NAME`)
    #[arg(long, value_name = "DEST", required = true)]
    to: Option<String>,
    /// The secret key to sign with, which `pbs publish key new` makes
    #[arg(long, value_name = "FILE", required = true)]
    key: Option<Utf8PathBuf>,
    /// A public key that may sign from the next publication on; may be repeated
    #[arg(long, value_name = "FILE")]
    next_key: Vec<Utf8PathBuf>,
    /// The public key that signed so far and shall not any more; may be repeated
    #[arg(long, value_name = "FILE")]
    previous_key: Vec<Utf8PathBuf>,
    /// The address that DEST is served at, for uv [default: the one given before, then the
    /// place's own]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(subcommand)]
    keys: Option<Keys>,
}

/// What else there is to publishing.
#[derive(Subcommand, Clone, Debug)]
enum Keys {
    /// Make keys
    #[command(subcommand)]
    Key(Key),
}

/// `pbs publish key`.
#[derive(Subcommand, Clone, Debug)]
enum Key {
    /// Make a pair of keys: the secret one in FILE, the public one in FILE.pub
    ///
    /// They are minisign's. With PBS_KEY_PASSWORD set, the secret one is encrypted.
    New {
        /// The file of the secret key
        file: Utf8PathBuf,
    },
}

/// What programs read.
#[derive(Serialize)]
struct Report<'a> {
    /// Version of this format.
    version: u32,
    serial: u64,
    changed: bool,
    /// The keys whose signatures count now, as readers are told to trust them.
    keys: Vec<&'a str>,
    archives: Vec<Archive<'a>>,
}

#[derive(Serialize)]
struct Archive<'a> {
    name: &'a str,
    change: Change,
}

impl Publish {
    pub(super) fn run(&self, context: &mut Context) -> Result<(), CliError> {
        match (&self.keys, &self.to, &self.key) {
            (Some(Keys::Key(Key::New { file })), _, _) => new_key(context, file),
            (None, Some(to), Some(key)) => self.publish(context, to, key),
            // The parser asks for both.
            (None, _, _) => Err(CliError::input("`--to DEST` and `--key FILE` are needed")),
        }
    }

    fn publish(&self, context: &mut Context, to: &str, key: &Utf8Path) -> Result<(), CliError> {
        let here = context.settings.working_dir.clone();
        let archives: Vec<Utf8PathBuf> = self.archives.iter().map(|path| here.join(path)).collect();
        let public = |files: &[Utf8PathBuf]| {
            files
                .iter()
                .map(|file| read_public_key_file(&here.join(file)))
                .collect::<Result<Vec<_>, _>>()
        };
        let (next_keys, previous_keys) = (public(&self.next_key)?, public(&self.previous_key)?);
        let address = self.url.as_deref().map(Address::parse).transpose();
        let address = address.map_err(|error| CliError::input(error.to_string()))?;
        let file = here.join(key);
        let secret = read_secret_key_file(&file, context.settings.key_password.as_ref())?;
        if is_exposed(&file) {
            context.say(&format!("others may read the key `{key}`: `chmod 600 {key}`"));
        }
        let around = Surroundings {
            here: &here,
            buckets: &context.settings.buckets,
            limits: HttpLimits::default(),
            cancelled: context.cancel.clone(),
            notice: context.notice(),
            authorities: context.authorities()?,
            registries: context.registries()?,
        };
        let destination = open(to, &around)?;
        let request = Request {
            archives: &archives,
            key: &secret,
            next_keys: &next_keys,
            previous_keys: &previous_keys,
            locks: &locks(context),
            address: address.as_ref(),
        };
        let store = context.store()?;
        let mut waiting = false;
        let outcome = publish(destination.as_ref(), &store, &request, &mut |event| {
            match event {
                Event::Waiting { holder } if !waiting => {
                    waiting = true;
                    context.say(&format!("waiting for {holder}, which publishes to `{to}`"));
                }
                Event::Waiting { .. } => {}
                Event::Overtaken => context.say(&format!(
                    "somebody else published to `{to}` meanwhile; putting both together"
                )),
                Event::Putting { name } => context.say(&format!("publishing {name}")),
            }
            if context.cancel.is_cancelled() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        self.report(context, &outcome)
    }

    fn report(&self, context: &mut Context, outcome: &Outcome) -> Result<(), CliError> {
        if self.format == Format::Json {
            let archives = outcome.archives.iter();
            let report = Report {
                version: 1,
                serial: outcome.serial,
                changed: outcome.changed,
                keys: outcome.keys.iter().map(|key| key.as_str()).collect(),
                archives: archives
                    .map(|(name, change)| Archive {
                        name: name.as_str(),
                        change: *change,
                    })
                    .collect(),
            };
            let text = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
            writeln!(context.stdout, "{text}")?;
            return Ok(());
        }
        for (name, change) in &outcome.archives {
            let word = match change {
                Change::New => "new      ",
                Change::Unchanged => "unchanged",
            };
            writeln!(context.stdout, "{word}  {name}")?;
        }
        let changed = if outcome.changed { "" } else { ", unchanged" };
        writeln!(context.stdout, "serial {}{changed}", outcome.serial)?;
        Ok(())
    }
}

/// The packages that the recipes' locks pin; none where there are no recipes.
fn locks(context: &Context) -> BTreeMap<Digest, Vec<LockedPackage>> {
    let Ok(recipes) = context.recipes() else {
        context.say("no recipes here: provenance names the worker's packages by their lock only");
        return BTreeMap::new();
    };
    let locks = recipes.images.into_values().map(|image| image.lock);
    locks
        .map(|lock| (Digest::of(lock.file.text.as_bytes()), lock.value.packages))
        .collect()
}

fn new_key(context: &mut Context, file: &Utf8Path) -> Result<(), CliError> {
    let password = context.settings.key_password.as_ref();
    let key = new_key_files(&context.settings.working_dir.join(file), password)?;
    if password.is_none() {
        context.say(&format!(
            "the key in `{file}` has no password: whoever can read the file can sign. \
             With PBS_KEY_PASSWORD set, a new key is encrypted"
        ));
    }
    context.say(&format!(
        "key {}; `{file}` is secret, `{file}.pub` is what readers trust",
        key_id(&key)
    ));
    writeln!(context.stdout, "{key}")?;
    Ok(())
}
