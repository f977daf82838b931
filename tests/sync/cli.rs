//! The command line of rules and sync as its user types it.

use super::world::World;
use std::path::Path;
use std::process::{Command, Output};

fn huntline(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huntline"));
    command.current_dir(dir).args(args).env_remove("HUNTLINE_MIRROR").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_rule_from_the_first_line_to_the_first_write() {
    let world = World::new(3, 5, 0.0);
    let dir = world.dir.path();
    let people: String = world.people().iter().map(|p| format!("{},{},{},\n", p.upn, p.object_id, p.display)).collect();
    std::fs::write(dir.join("people.csv"), format!("upn,objectId,display,team\n{people}")).unwrap();
    std::fs::write(dir.join("huntline.toml"), "[sync]\ndirectory = \"people.csv\"\nledger = \"sync.db\"\n").unwrap();
    let run = |args: &[&str]| huntline(dir, args);

    assert!(run(&["rules", "new", "mine"]).status.success());
    let again = run(&["rules", "new", "mine"]);
    assert!(!again.status.success() && text(&again.stderr).contains("is there already"));
    assert!(run(&["rules", "test", "rules/mine.rhai"]).status.success());

    let script = std::fs::read_to_string(dir.join("rules/mine.rhai")).unwrap();
    std::fs::write(dir.join("rules/typo.rhai"), script.replacen("f.order", "f.ordre", 1)).unwrap();
    let found = run(&["rules", "check", "rules/typo.rhai"]);
    let told = text(&found.stderr);
    assert_eq!(found.status.code(), Some(1));
    assert!(told.contains("there is no fact `ordre`") && told.contains("did you mean `order`?"), "{told}");

    let refused = run(&["sync", "apply", "--fake", &world.url, "--rule", "rules/mine.rhai"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("HL6020"), "{}", text(&refused.stderr));
    let linked = run(&["sync", "apply", "--fake", &world.url, "--rule", "rules/mine.rhai", "--unverified"]);
    assert!(linked.status.success(), "{}", text(&linked.stderr));
    assert!(text(&linked.stdout).contains("5 linked"), "{}", text(&linked.stdout));

    world.fake.step(30);
    let plan = run(&["sync", "plan", "--fake", &world.url, "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    assert!(!plan["incidents"].as_array().unwrap().is_empty());
    assert!(run(&["sync", "apply", "--fake", &world.url]).status.success());
    let plan = run(&["sync", "plan", "--fake", &world.url]);
    assert!(
        text(&plan.stdout).contains("Plan: 0 to change in Defender, 0 in Sentinel, 0 comments"),
        "{}",
        text(&plan.stdout)
    );
    let log = run(&["sync", "log", "--format", "json"]);
    assert!(text(&log.stdout).lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()));
    let rows = run(&["query", "SecurityIncident | distinct ProviderIncidentId | count", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&rows.stdout).unwrap();
    assert!(rows["rows"][0][0].as_i64().unwrap() >= 5, "{rows}");
    let replay = run(&["rules", "replay", "sync.db", "--rule", "defender_wins"]);
    assert!(replay.status.success(), "{}", text(&replay.stderr));
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_written() {
    let world = World::new(1, 1, 0.0);
    let dir = world.dir.path();
    for (args, told) in [
        (vec!["sync", "plan"], "`sync.sentinel.subscription` is not set"),
        (vec!["sync", "plan", "--fake", "http://10.0.0.1:80"], "is for this machine only"),
        (vec!["sync", "plan", "--rule", "no_such", "--fake", &world.url], "the presets are"),
        (vec!["sync", "status"], "HL6008"),
        (vec!["sync", "watch", "--fake", &world.url, "--listen", "0.0.0.0:1", "--passes", "1"], "HL6024"),
    ] {
        let out = huntline(dir, &args);
        assert!(!out.status.success(), "{args:?}");
        assert!(text(&out.stderr).contains(told), "{args:?}: {}", text(&out.stderr));
    }
}
