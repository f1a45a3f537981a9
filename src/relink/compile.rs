//! Bytecode for an application and its wheels, made by the distribution's own interpreter.

use camino::Utf8Path;

use super::{GatherError, SingleFile};
use crate::bundle::{Bundle, Code, ModuleKind};
use crate::manifest::Manifest;
use crate::model::Os;

/// Reads sources and writes what it made of each: marshalled code, or what is wrong with it. Each number has four
/// bytes, little-endian.
const PROGRAM: &str = r#"
import marshal, sys
given, made = sys.stdin.buffer, sys.stdout.buffer
def number():
    return int.from_bytes(given.read(4), "little")
def write(kind, *parts):
    made.write(bytes([kind]))
    for part in parts:
        made.write(len(part).to_bytes(4, "little") + part)
level = number()
for _ in range(number()):
    path, source = given.read(number()).decode(), given.read(number())
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=level)
        write(0, marshal.dumps(code))
    except SyntaxError as error:
        write(1, str(error.lineno or 0).encode(), (error.msg or "").encode("utf-8", "replace"))
    except (ValueError, RecursionError, MemoryError) as error:
        write(1, b"0", str(error).encode("utf-8", "replace"))
"#;

/// So many modules are compiled by one process. Always the same number, whatever the machine: what is marshalled may
/// depend on what was compiled before.
const SHARE: usize = 100;

/// A source that is no Python.
#[derive(Debug)]
pub(super) struct NoPython {
    /// The module that it should be.
    pub(super) module: String,
    /// Where it stands in the bundle.
    pub(super) path: String,
    /// The line, from 1; 0 where it is the whole file.
    pub(super) line: u64,
    /// What is wrong with it.
    pub(super) message: String,
}

/// Bytecode, or the line and what is wrong with it.
type Made = Result<Vec<u8>, (u64, String)>;

/// Whether the interpreter of a distribution can be run on this machine.
pub(super) fn runs_here(manifest: &Manifest) -> bool {
    let triple = &manifest.target_triple;
    cfg!(target_os = "linux")
        && manifest.pbs.os == Os::Linux
        && triple
            .arch()
            .is_some_and(|arch| arch.as_str() == std::env::consts::ARCH)
}

/// Compiles the modules of a bundle that have a source and no bytecode; those that cannot be compiled stay as they are.
///
/// Where the distribution's interpreter does not run on this machine, all do: the executable compiles them when they
/// are imported.
pub(super) fn compile(
    bundle: &mut Bundle,
    python: &Utf8Path,
    manifest: &Manifest,
    single: &SingleFile,
) -> Result<Vec<NoPython>, GatherError> {
    let modules = bundle.modules.iter();
    let names: Vec<String> = modules
        .filter(|(_, module)| matches!(module.kind, ModuleKind::Module | ModuleKind::Package))
        .filter(|(_, module)| module.code.is_none() && bundle.files.contains_key(&module.path))
        .map(|(name, _)| name.clone())
        .collect();
    if names.is_empty() || !runs_here(manifest) {
        return Ok(Vec::new());
    }
    let interpreter = python.join(manifest.python_exe.as_str());
    let shares: Vec<&[String]> = names.chunks(SHARE).collect();
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let given: &Bundle = bundle;
    let (shares, interpreter) = (&shares, &interpreter);
    let made = std::thread::scope(|scope| {
        let running: Vec<_> = (0..jobs.min(shares.len()))
            .map(|job| {
                scope.spawn(move || {
                    let own = shares.iter().enumerate().skip(job).step_by(jobs);
                    own.map(|(at, names)| Ok((at, ask(interpreter, given, names, single.optimize)?)))
                        .collect::<Result<Vec<_>, GatherError>>()
                })
            })
            .collect();
        let done = running
            .into_iter()
            .map(|job| job.join().unwrap_or(Err(GatherError::Answer)));
        done.collect::<Result<Vec<_>, _>>()
    })?;
    let mut made: Vec<(usize, Vec<Made>)> = made.into_iter().flatten().collect();
    made.sort_by_key(|(at, _)| *at);
    let mut failed = Vec::new();
    for (name, made) in names.into_iter().zip(made.into_iter().flat_map(|(_, made)| made)) {
        let Some(module) = bundle.modules.get_mut(&name) else {
            continue;
        };
        match made {
            Ok(code) => {
                module.code = Some(Code(code));
            }
            Err((line, message)) => failed.push(NoPython {
                module: name,
                path: module.path.clone(),
                line,
                message,
            }),
        }
    }
    Ok(failed)
}

/// Has an interpreter compile modules.
fn ask(
    interpreter: &Utf8Path,
    bundle: &Bundle,
    names: &[String],
    optimize: u8,
) -> Result<Vec<Made>, GatherError> {
    let mut given = Vec::new();
    let number = |given: &mut Vec<u8>, number: usize| -> Result<(), GatherError> {
        let number = u32::try_from(number).map_err(|_| GatherError::Answer)?;
        given.extend(number.to_le_bytes());
        Ok(())
    };
    number(&mut given, usize::from(optimize))?;
    number(&mut given, names.len())?;
    for name in names {
        let path = &bundle.modules[name].path;
        for bytes in [path.as_bytes(), &bundle.files[path]] {
            number(&mut given, bytes.len())?;
            given.extend(bytes);
        }
    }
    let done = duct::cmd!(interpreter.as_str(), "-S", "-s", "-P", "-B", "-c", PROGRAM)
        .full_env([("PYTHONHASHSEED", "0"), ("LC_ALL", "C.UTF-8")])
        .stdin_bytes(given)
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()
        .map_err(|source| GatherError::Read {
            path: interpreter.to_owned(),
            source,
        })?;
    if !done.status.success() {
        return Err(GatherError::Interpreter {
            path: interpreter.to_owned(),
            said: String::from_utf8_lossy(&done.stderr)
                .lines()
                .map(str::to_owned)
                .collect(),
        });
    }
    let mut answer = Answer(&done.stdout);
    let read = names.iter().map(|_| match answer.take(1)? {
        [0] => Ok(Ok(answer.part()?.to_vec())),
        _ => {
            let line = String::from_utf8_lossy(answer.part()?).parse().unwrap_or(0);
            let message = String::from_utf8_lossy(answer.part()?).into_owned();
            Ok(Err((line, message)))
        }
    });
    read.collect()
}

/// What the program wrote and is not read yet.
struct Answer<'a>(&'a [u8]);

impl<'a> Answer<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8], GatherError> {
        let (taken, rest) = self.0.split_at_checked(size).ok_or(GatherError::Answer)?;
        self.0 = rest;
        Ok(taken)
    }

    fn part(&mut self) -> Result<&'a [u8], GatherError> {
        let size: [u8; 4] = self.take(4)?.try_into().map_err(|_| GatherError::Answer)?;
        self.take(usize::try_from(u32::from_le_bytes(size)).map_err(|_| GatherError::Answer)?)
    }
}
