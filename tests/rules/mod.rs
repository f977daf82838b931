//! Rules as users have them: the presets are sound, what is generated is fresh, and every planted bad rule is caught.

use crate::harness::markdown::updating;
use crate::harness::root;
use huntline::diagnostic::{Source, SourceId};
use huntline::policy::verify::{Options, Progress, Scope, VerifySource, verify};
use huntline::policy::{PRESETS, cases, check, definitions};
use huntline::sync::input::Settings;

fn fresh(path: &str, text: &str) {
    let file = root().join(path);
    if updating() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "{path} is stale: UPDATE=1 cargo test rules");
}

#[test]
fn reference_and_definitions_are_fresh() {
    fresh("rules/REFERENCE.md", &definitions::reference());
    fresh("rules/definitions/huntline.d.rhai", &definitions::definitions());
}

#[test]
fn presets_have_nothing_to_find() {
    for preset in PRESETS {
        let (_, found) = check::check(preset.name, preset.source);
        assert_eq!(found, [], "{}", preset.name);
    }
}

/// What `rules new` makes is sound, and its cases hold.
#[test]
fn a_new_rule_passes_its_own_cases() {
    let (script, text) = definitions::scaffold("night_shift");
    let (_, found) = check::check("night_shift", &script);
    assert_eq!(found, []);
    let source = Source::new(SourceId(0), "night_shift.cases.json", text);
    let list = cases::read(std::slice::from_ref(&source)).unwrap();
    let report = cases::run_rule("night_shift", &script, &Settings::default(), &list).unwrap();
    let text = cases::text(&report, &[source], huntline::diagnostic::Style::Plain, true);
    assert!(report.pass() && !report.results.is_empty(), "{text}");
}

/// Each planted rule names in its first line the invariant that it breaks.
#[test]
fn planted_rules_are_caught_by_their_invariant() {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("tests/rules/bad")).unwrap() {
        let path = entry.unwrap().path();
        let script = std::fs::read_to_string(&path).unwrap();
        let first = script.lines().next().unwrap();
        let name = first.strip_prefix("// breaks ").unwrap().split(':').next().unwrap();
        let options = Options { scope: Scope::Quick, threads: 2, ..Options::default() };
        let source = VerifySource { name: "bad", script: &script };
        let report = verify(&source, &Settings::default(), &options, &Progress::default()).unwrap();
        let json = report.json(0.0);
        let found = json["violations"].as_array().unwrap();
        let broken = found.iter().find(|v| v["invariant"].as_str().unwrap().starts_with(name));
        let trace =
            broken.unwrap_or_else(|| panic!("{}: {name} not among {found:?}", path.display()))["trace"].to_string();
        assert!(trace.len() < 6_000, "{}: a trace that nobody follows: {trace}", path.display());
        count += 1;
    }
    assert!(count >= 10);
}
