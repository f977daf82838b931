//! `huntline import --watch`: follows folders and addresses that another tool fills.
//!
//! In: where to look, how often, and a function that imports. Out: everything that came, until Ctrl-C. What cannot be
//! imported is told once and tried again at every look; it holds up nothing else.

use super::context::{Context, Failure};
use super::input;
use super::stop::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::mirror::{Expand, Listing, Rounds, Seen, list};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What is followed.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Folders, patterns and addresses.
    pub roots: Vec<PathBuf>,
    /// How long a file must be quiet, and how often is looked.
    pub every: Duration,
    /// How addresses are read.
    pub expand: Expand,
}

/// Reads a pause: `10s`, `5m`, `1h`.
///
/// # Errors
/// When it is no span of time.
pub fn interval(text: &str) -> Result<Duration, Failure> {
    Ok(Duration::from_nanos(input::span(text, "--every")?.unsigned_abs().saturating_mul(100)))
}

/// Follows until it is stopped. `import` gets paths to import together; nothing of them is taken when it fails.
///
/// # Errors
/// When the first look fails: later ones are tried again.
pub fn follow(
    context: &Context,
    watch: &Watch,
    stop: &Stop,
    import: &mut dyn FnMut(&[PathBuf]) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let look = || list(&watch.roots, &watch.expand);
    let mut follower = Follower { rounds: Rounds::default(), told: BTreeMap::new() };
    let tell = &mut |failure: &Failure| failure.tell(context.stderr_style);
    follower.round(look()?, stop, import, tell);
    context.say(&format!("watching every {} s; Ctrl-C ends", watch.every.as_secs_f64()));
    while !stop.nap(watch.every) {
        match look() {
            Ok(listing) => {
                follower.told.remove(LOOK);
                follower.round(listing, stop, import, tell);
            }
            Err(problem) => follower.tell_once(LOOK, &Failure::from(problem), tell),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The name under which problems of looking are told.
const LOOK: &str = "";

struct Follower {
    rounds: Rounds,
    /// What was told of each file.
    told: BTreeMap<String, String>,
}

impl Follower {
    /// Imports what is due: together, or, when that fails, one by one, so that the good ones come in.
    fn round(
        &mut self,
        listing: Listing,
        stop: &Stop,
        import: &mut dyn FnMut(&[PathBuf]) -> Result<(), Failure>,
        tell: &mut dyn FnMut(&Failure),
    ) {
        let due = self.rounds.due(listing);
        let (bad, good): (Vec<Seen>, Vec<Seen>) = due.into_iter().partition(|seen| self.told.contains_key(&seen.name));
        if good.is_empty() && bad.is_empty() {
            return;
        }
        let paths: Vec<PathBuf> = good.iter().map(|seen| seen.path.clone()).collect();
        let singly = match if paths.is_empty() { Ok(()) } else { import(&paths) } {
            Ok(()) => {
                self.rounds.done(&good);
                bad
            }
            // Somebody else writes: all of it waits for the next look.
            Err(failure) if is_locked(&failure) => return,
            Err(failure) if good.len() == 1 => {
                good.iter().for_each(|seen| self.tell_once(&seen.name, &failure, tell));
                bad
            }
            Err(_) => good.into_iter().chain(bad).collect(),
        };
        for seen in singly {
            if stop.is_asked() {
                return;
            }
            match import(std::slice::from_ref(&seen.path)) {
                Ok(()) => {
                    self.told.remove(&seen.name);
                    self.rounds.done(&[seen]);
                }
                Err(failure) if is_locked(&failure) => return,
                Err(failure) => self.tell_once(&seen.name, &failure, tell),
            }
        }
    }

    /// Tells a failure, unless it is the one that was told last of the same name.
    fn tell_once(&mut self, name: &str, failure: &Failure, tell: &mut dyn FnMut(&Failure)) {
        let text: Vec<&str> = failure.diagnostics.0.iter().map(|d: &Diagnostic| d.message.as_str()).collect();
        let text = text.join("\n");
        if self.told.insert(name.to_owned(), text.clone()) != Some(text) {
            tell(failure);
        }
    }
}

fn is_locked(failure: &Failure) -> bool {
    failure.diagnostics.0.iter().any(|d| d.code == Code::StoreLocked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    struct World {
        dir: tempfile::TempDir,
        follower: Follower,
        told: Vec<String>,
    }

    impl World {
        fn new() -> World {
            let follower = Follower { rounds: Rounds::default(), told: BTreeMap::new() };
            World { dir: tempfile::tempdir().unwrap(), follower, told: vec![] }
        }

        fn write(&self, name: &str) {
            std::fs::write(self.dir.path().join(name), "a,b\n1,2\n").unwrap();
        }

        /// A look; the names that came in.
        fn round(&mut self, fails: impl Fn(&Path) -> Option<Code>) -> Vec<String> {
            let listing = list(&[self.dir.path().to_owned()], &Expand::default()).unwrap();
            let (mut taken, told) = (vec![], &mut self.told);
            let mut import = |paths: &[PathBuf]| {
                if let Some(code) = paths.iter().find_map(|p| fails(p)) {
                    return Err(Failure::from(Diagnostic::general(code, "no")));
                }
                taken.extend(paths.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()));
                Ok(())
            };
            let tell = &mut |failure: &Failure| told.push(failure.diagnostics.0[0].message.clone());
            self.follower.round(listing, &Stop::default(), &mut import, tell);
            taken
        }
    }

    fn bad(path: &Path) -> Option<Code> {
        path.ends_with("b.csv").then_some(Code::CannotRead)
    }

    #[test]
    fn what_cannot_be_imported_is_told_once_and_holds_up_nothing() {
        let mut world = World::new();
        ["a.csv", "b.csv", "c.csv"].iter().for_each(|name| world.write(name));
        assert!(world.round(bad).is_empty());
        assert_eq!(world.round(bad), ["a.csv", "c.csv"]);
        world.write("d.csv");
        assert!(world.round(bad).is_empty());
        assert_eq!(world.round(bad), ["d.csv"]);
        assert_eq!(world.told, ["no"]);
        assert_eq!(world.round(|_| None), ["b.csv"]);
        assert!(world.round(|_| None).is_empty());
    }

    #[test]
    fn while_somebody_else_writes_all_of_it_waits() {
        let mut world = World::new();
        world.write("a.csv");
        let locked = |_: &Path| Some(Code::StoreLocked);
        assert!(world.round(locked).is_empty() && world.round(locked).is_empty());
        assert!(world.told.is_empty());
        assert_eq!(world.round(|_| None), ["a.csv"]);
    }

    #[test]
    fn intervals() {
        assert_eq!(interval("10s").unwrap(), Duration::from_secs(10));
        assert_eq!(interval("1.5m").unwrap(), Duration::from_secs(90));
        for text in ["", "x", "0s", "-1s"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
