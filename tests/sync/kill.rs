//! `sync watch` is killed at random moments of a busy world; whatever it was doing, everything is there once, and both
//! sides agree at the end. `HUNTLINE_KILLS` says how often; a few times unless set.

use super::judge::{judge, nothing_lost};
use super::world::World;
use serde_json::json;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn watch(world: &World, directory: &std::path::Path, extra: &[&str]) -> Child {
    let config = world.dir.path().join("huntline.toml");
    std::fs::write(&config, format!("[sync]\ndirectory = {:?}\nmax_writes_per_hour = 1000\n", directory)).unwrap();
    Command::new(env!("CARGO_BIN_EXE_huntline"))
        .args(["--config", config.to_str().unwrap(), "--quiet", "--mirror"])
        .arg(world.dir.path().join("mirror"))
        .args(["sync", "watch", "--rule", "human_over_automation", "--every", "0.05", "--fake", &world.url, "--ledger"])
        .arg(world.ledger_path())
        .args(extra)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_sync_does_nothing_twice_and_loses_nothing() {
    let number = |name: &str, usual: usize| std::env::var(name).ok().and_then(|t| t.parse().ok()).unwrap_or(usual);
    let (kills, incidents) = (number("HUNTLINE_KILLS", 5), number("HUNTLINE_KILL_INCIDENTS", 25));
    let world = World::new(5, incidents, 20.0);
    let directory = world.dir.path().join("people.csv");
    let people: String = world.people().iter().map(|p| format!("{},{},{},\n", p.upn, p.object_id, p.display)).collect();
    std::fs::write(&directory, format!("upn,objectId,display,team\n{people}")).unwrap();
    let kinds = ["throttle", "conflict", "server500", "slow", "truncated", "lost_answer"];
    world.fake.add_fault(&json!({"rate": 0.05, "kinds": kinds, "seed": 9, "retry_after": 0})).unwrap();
    let mut moment = 12345_u64;
    for _ in 0..kills {
        let mut child = watch(&world, &directory, &[]);
        moment = moment.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        std::thread::sleep(Duration::from_millis(100 + (moment >> 33) % 900));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    world.fake.clear_faults();
    world.fake.rest();
    let done = watch(&world, &directory, &["--until-quiet", "2", "--passes", "60"]).wait().unwrap();
    assert!(done.success());
    let (state, people) = (world.fake.state(true), world.fake.directory());
    assert_eq!(judge(&state, &people, &world.ledger_path()), [""; 0]);
    assert_eq!(nothing_lost(&world.fake.actions(), &state, &people, &world.ledger_path()), [""; 0]);
    let reader = huntline::ledger::Ledger::open_read(&world.ledger_path()).unwrap();
    assert!(reader.open_intents().unwrap().is_empty());
    // The services refuse illegal values and pairs, closings without a reason, and writes to merged incidents with 400.
    let counts = world.fake.counts();
    let refused: Vec<_> = counts["requests"].as_array().unwrap().iter().filter(|r| r["status"] == 400).collect();
    assert!(refused.is_empty() && reader.letters().unwrap().is_empty(), "{refused:?}");
}
