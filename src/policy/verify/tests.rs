use super::*;
use crate::policy::PRESETS;

const QUICK: Options = Options { scope: Scope::Quick, threads: 2, stop_at_first: false, remember: true };

fn run(name: &str, script: &str, options: &Options) -> Report {
    verify(&VerifySource { name, script }, &Settings::default(), options, &Progress::default()).unwrap()
}

/// The planted rules: each is caught by what its first line names, with a trace that a person can follow.
#[test]
fn planted_rules_are_caught() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/bad");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let script = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let id =
            script.lines().next().unwrap().strip_prefix("// breaks ").unwrap().split(':').next().unwrap().to_owned();
        let report = run(&name, &script, &Options { stop_at_first: true, threads: 1, ..QUICK });
        let caught = report.violations.iter().find(|v| v.invariant.id() == id);
        let caught = caught.unwrap_or_else(|| panic!("{name}: {}", report.text(crate::diagnostic::Style::Plain)));
        assert!(
            (1..=4).contains(&caught.trace.steps.len()) && !caught.trace.broken.is_empty(),
            "{name}: {:?}",
            caught.trace
        );
        assert!(!report.complete && !report.passes());
        seen += 1;
    }
    assert!(seen >= 10, "{seen} rules in {folder}");
}

#[test]
fn presets_keep_every_invariant() {
    for preset in PRESETS {
        let report = run(preset.name, preset.source, &QUICK);
        assert!(report.passes(), "{}", report.text(crate::diagnostic::Style::Plain));
        let counted: u64 = report.products.iter().map(|(_, n)| n).sum();
        assert!(report.states > 50_000 && counted == report.states && report.distinct_questions > 0);
    }
}

/// However many threads take part, the same states are found and the same one is told.
#[test]
fn threads_do_not_matter() {
    let script = "fn decide(f) { if f.field == \"severity\" { return keep(); } take_defender() }";
    let told = |threads| {
        let report = run("keeps", script, &Options { threads, ..QUICK });
        let mut json = report.json(0.0);
        json.as_object_mut().unwrap().remove("branches");
        json.to_string()
    };
    assert_eq!(told(1), told(3));
}

/// What is remembered changes nothing but the work.
#[test]
fn memory_does_not_matter() {
    let script = "fn decide(f) { if f.defender.by == \"human\" { return take_defender(); } hold(\"ask\") }";
    let told = |remember| {
        let report = run("humans", script, &Options { remember, ..QUICK });
        (report.states, report.held, report.by_default, report.questions, report.branches, report.violations.len())
    };
    assert_eq!(told(true), told(false));
}

#[test]
fn a_cancelled_run_says_so() {
    let progress = Progress::default();
    progress.cancel();
    let source = VerifySource { name: "x", script: PRESETS[0].source };
    let report = verify(&source, &Settings::default(), &QUICK, &progress).unwrap();
    assert!(!report.complete && !report.passes());
    assert!(progress.states().1 > 0);
}

#[test]
fn a_rule_that_does_not_compile_is_refused() {
    let source = VerifySource { name: "x", script: "fn decide(" };
    assert!(verify(&source, &Settings::default(), &QUICK, &Progress::default()).is_err());
}

/// The full domain is what it is said to be.
#[test]
fn the_domain_has_its_size() {
    let options = Options::default();
    let world = domain::World::new(&Settings::default(), Scope::Full);
    let products = domain::products(&world, &Settings::default(), &options);
    let size = products.iter().find(|p| p.name == "status and closing").map(domain::Product::size);
    assert_eq!(size, Some(1_890_000));
}
