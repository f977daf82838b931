use super::*;
use crate::diagnostic::{Style, print};

/// What is found, as `code line:column message; help`.
fn told(script: &str) -> Vec<String> {
    let (source, found) = check("test.rhai", script);
    let place = |d: &Diagnostic| {
        d.span.map_or("-".to_owned(), |s| {
            let at = source.location(s.start as usize);
            format!("{}:{}", at.line, at.column)
        })
    };
    found
        .iter()
        .map(|d| format!("{} {} {}; {}", d.code.info().id, place(d), d.message, d.help.as_deref().unwrap_or("-")))
        .collect()
}

/// Deliberate mistakes: the script, the code and place, a part of the message or its help.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("fn decide(f) { hold(\"x\" }", "HL6101 1:25", "`,` or a closing bracket is missing before `}`"),
    ("fn decide(f) {\n  hold(\"x)\n}", "HL6101 2:8", "the text is not closed"),
    ("fn decide(f) { if f.order = \"tie\" { keep() } else { hold(\"x\") } }", "HL6101 1:27", "compare with `==`"),
    ("fn decide(f) { keep() ", "HL6101 1:23", "is missing before the end"),
    ("fn decide(f) { let x = 1 keep() }", "HL6101 1:26", "statements are separated by `;`"),
    ("", "HL6104 1:1", "the rule has no function `decide`"),
    ("fn decied(f) { keep() }", "HL6105 1:4", "did you mean `decide`?"),
    ("fn decide(f) { keep() }\nfn reveiw(f) { accept() }", "HL6105 2:4", "did you mean `review`?"),
    ("fn decide(a, b) { keep() }", "HL6106 1:4", "`decide` takes one parameter"),
    ("let x = 1;\nfn decide(f) { keep() }", "HL6107 1:1", "this is never run"),
    (
        "fn decide(f) { if f.defender.statsu == \"closed\" { keep() } else { hold(\"x\") } }",
        "HL6110 1:30",
        "did you mean `status`?",
    ),
    (
        "fn decide(f) { let d = f.defender; if d.closd { keep() } else { hold(\"x\") } }",
        "HL6110 1:41",
        "did you mean `closed`?",
    ),
    (
        "fn open(side) { !side.cloesd }\nfn decide(f) { if open(f.sentinel) { keep() } else { hold(\"x\") } }",
        "HL6110 1:23",
        "there is no fact `cloesd` of `f.sentinel`; did you mean `closed`?",
    ),
    (
        "fn decide(f) { if f[\"feild\"] == \"status\" { keep() } else { hold(\"x\") } }",
        "HL6110 1:21",
        "did you mean `field`?",
    ),
    ("fn decide(f) { if f.incident.zzz > 1 { keep() } else { hold(\"x\") } }", "HL6110 1:30", "it has `defender_id`"),
    (
        "fn decide(f) { if f.planned.from == \"defender\" { keep() } else { hold(\"x\") } }",
        "HL6110 1:29",
        "`planned` is `()` in `decide`",
    ),
    ("fn decide(f) { take_defendr() }", "HL6111 1:16", "did you mean `take_defender`?"),
    ("fn decide(f) { http_get(\"x\"); keep() }", "HL6111 1:16", "there is no function `http_get`"),
    ("fn decide(f) { set() }", "HL6112 1:16", "`set` takes 1 or 2 arguments, here it gets 0"),
    (
        "fn late(a, b) { a > b }\nfn decide(f) { if late(1) { keep() } else { hold(\"x\") } }",
        "HL6112 2:19",
        "`late` takes 2 arguments, here it gets 1",
    ),
    (
        "fn decide(f) { if has_tag(\"a\", \"b\") { keep() } else { hold(\"x\") } }",
        "HL6113 1:27",
        "`tags` of `has_tag` is a list, here it is a text",
    ),
    ("fn decide(f) { hold(42) }", "HL6113 1:21", "`reason` of `hold` is a text, here it is a number"),
    (
        "fn decide(f) { if f.field == \"statas\" { keep() } else { hold(\"x\") } }",
        "HL6114 1:30",
        "`f.field` is never `statas`; did you mean `status`?",
    ),
    (
        "fn decide(f) { if f.order == \"d\" { keep() } else { hold(\"x\") } }",
        "HL6114 1:30",
        "it is one of `defender`, `sentinel`, `tie`, `unknown`",
    ),
    (
        "fn decide(f) { if \"robot\" != f.defender.by { keep() } else { hold(\"x\") } }",
        "HL6114 1:19",
        "is never `robot`",
    ),
    (
        "fn decide(f) { if f.field in [\"status\", \"ownr\"] { keep() } else { hold(\"x\") } }",
        "HL6114 1:41",
        "did you mean `owner`?",
    ),
    (
        "fn decide(f) { if f.order !in [\"tie\", \"late\"] { keep() } else { hold(\"x\") } }",
        "HL6114 1:39",
        "never `late`",
    ),
    (
        "fn decide(f) { if f.order in [\"tie\"] { return keep(); } if f.order == \"tie\" { split() } else { hold(\"x\") } }",
        "HL6124 1:60",
        "never holds",
    ),
    (
        "fn decide(f) { let s = if f.order == \"tie\" { f.defender } else { f.sentinel }; if s.clsed { keep() } else { hold(\"x\") } }",
        "HL6110 1:85",
        "`closed`?",
    ),
    (
        "fn maybe(f) { if f.order == \"tie\" { keep() } }\nfn decide(f) { let m = maybe(f); m }",
        "HL6120 2:34",
        "ends without",
    ),
    (
        "fn decide(f) {\n  switch f.order {\n    \"defnder\" => keep(),\n    _ => hold(\"x\"),\n  }\n}",
        "HL6114 3:5",
        "did you mean `defender`?",
    ),
    (
        "fn decide(f) { if f.moment.hour == \"8\" { keep() } else { hold(\"x\") } }",
        "HL6115 1:19",
        "a number is compared with a text",
    ),
    (
        "fn decide(f) { if f.moment.hour { keep() } else { hold(\"x\") } }",
        "HL6115 1:19",
        "a condition is true or false, this is a number",
    ),
    (
        "fn decide(f) { if f.field == \"status\" { return set(\"active\"); } hold(\"x\") }",
        "HL6116 1:52",
        "`active` is no status",
    ),
    (
        "fn decide(f) { switch f.field { \"severity\" => set(\"hihg\"), _ => hold(\"x\") } }",
        "HL6116 1:51",
        "did you mean `high`?",
    ),
    ("fn decide(f) { keep() }\nfn review(f) { choose(\"malwere\") }", "HL6116 2:23", "did you mean `malware`?"),
    (
        "fn decide(f) { if f.field != \"closing\" { return hold(\"x\"); } set(#{class: \"truepositive\"}) }",
        "HL6116 1:75",
        "did you mean `true_positive`?",
    ),
    (
        "fn decide(f) { set(#{class: \"true_positive\", determination: \"notMalicious\"}) }",
        "HL6116 1:61",
        "Defender does not take `notMalicious`",
    ),
    ("fn decide(f) { set(#{klass: \"true_positive\"}) }", "HL6116 1:22", "did you mean `class`?"),
    (
        "fn decide(f) { if f.field == \"tags\" { set(\"a\") } else { hold(\"x\") } }",
        "HL6116 1:43",
        "`tags` cannot be set as one value",
    ),
    ("fn decide(f) { hold() }", "HL6117 1:16", "`hold` must say why"),
    ("fn decide(f) { if ordr == \"tie\" { keep() } else { hold(\"x\") } }", "HL6118 1:19", "there is no `ordr` here"),
    (
        "fn decide(f) { if f.order == \"tie\" { keep() } }",
        "HL6120 1:16",
        "when this does not hold, `decide` ends without a decision",
    ),
    (
        "fn decide(f) { switch f.order { \"defender\" => keep(), \"tie\" => hold(\"x\") } }",
        "HL6120 1:16",
        "for `sentinel`, `unknown`, `decide` ends",
    ),
    ("fn decide(f) { }", "HL6120 1:4", "`decide` ends here without a decision"),
    (
        "fn pick(f) { if f.order == \"tie\" { keep() } }\nfn decide(f) { pick(f) }",
        "HL6120 1:14",
        "ends without a decision",
    ),
    (
        "fn decide(f) { for t in f.defender.tags { if t == \"x\" { return keep(); } } }",
        "HL6120 1:16",
        "ends here without a decision",
    ),
    ("fn decide(f) { return; }", "HL6120 1:16", "without a decision"),
    ("fn decide(f) { \"hold\" }", "HL6121 1:16", "`decide` returns a text, not a decision"),
    ("fn late(f) { f.order == \"tie\" }\nfn decide(f) { late(f) }", "HL6121 1:22", "returns true or false"),
    ("fn decide(f) { accept() }", "HL6122 1:16", "`accept` is no answer in `decide`"),
    (
        "fn decide(f) { if f.order == \"tie\" { return follow_redirect(); } keep() }",
        "HL6122 1:45",
        "`follow_redirect` is no answer",
    ),
    ("fn decide(f) { return keep(); hold(\"x\") }", "HL6123 1:31", "nothing reaches this"),
    ("fn decide(f) { throw \"x\"; keep() }", "HL6123 1:27", "nothing reaches this"),
    ("fn decide(f) { if true { keep() } else { hold(\"x\") } }", "HL6124 1:19", "always holds"),
    (
        "fn decide(f) { if f.order == \"tie\" { return keep(); } if f.order == \"tie\" { return split(); } hold(\"x\") }",
        "HL6124 1:58",
        "never holds",
    ),
    (
        "fn decide(f) { if f.field == \"status\" && f.field == \"owner\" { keep() } else { hold(\"x\") } }",
        "HL6124 1:19",
        "never holds",
    ),
    (
        "fn decide(f) { if f.order == \"tie\" { keep() } else if f.order != \"tie\" { split() } else { hold(\"x\") } }",
        "HL6124 1:55",
        "always holds",
    ),
    ("fn decide(f) { if f.order == () { keep() } else { hold(\"x\") } }", "HL6124 1:19", "`f.order` is never `()`"),
    (
        "fn decide(f) { if f.history.flips > 2 { keep() } else if f.history.flips > 2 { split() } else { hold(\"x\") } }",
        "HL6125 1:58",
        "the same condition",
    ),
    (
        "fn decide(f) { switch f.order { \"tie\" => keep(), \"tie\" => split(), _ => hold(\"x\") } }",
        "HL6125 1:50",
        "stands before",
    ),
    (
        "fn decide(f) { switch f.order { \"tie\" | \"unknown\" => keep(), \"defender\" | \"sentinel\" => split(), _ => hold(\"x\") } }",
        "HL6123 1:103",
        "cover every value",
    ),
    ("fn decide(f) { loop { } }", "HL6126 1:16", "never ends"),
    ("fn decide(f) { while true { f.order; } }", "HL6126 1:16", "never ends"),
    ("fn decide(f) { let d = f.defender; keep() }", "HL6130 1:20", "`d` is never used"),
    ("fn late(f) { true }\nfn decide(f) { keep() }", "HL6131 1:4", "nothing calls `late`"),
    ("fn decide(f) { f.defender.owner = \"a\"; take_defender() }", "HL6132 1:16", "facts are copies"),
    ("fn decide(f) { eval(\"keep()\") }", "HL6103 1:16", "rules have no `eval`"),
    ("import \"x\" as x;\nfn decide(f) { keep() }", "HL6103 1:1", "rules have no `import`"),
    ("fn decide(f) { print(\"x\"); keep() }", "HL6103 1:16", "rules have no `print`"),
    ("fn decide(f) { sleep(5); keep() }", "HL6103 1:16", "rules have no `sleep`"),
    (
        "fn decide(f) { keep() }\nfn incident(f) { if f.event == \"merged\" { follow_redirect() } else { hold(\"x\") } }",
        "HL6114 2:32",
        "it is one of `redirected`",
    ),
    ("fn decide(f) { keep() }\nfn incident(f) { take_defender() }", "HL6122 2:18", "no answer in `incident`"),
    (
        "fn decide(f) { let n = f.defender.tags.filter(|t| t.statsu == \"x\"); if n.len() > 0 { keep() } else { hold(\"x\") } }",
        "HL6110 1:53",
        "a text has no `statsu`",
    ),
    (
        "fn decide(f) { if f.field == \"status\" && f.defender.value == \"active\" { keep() } else { hold(\"x\") } }",
        "HL6114 1:62",
        "no such value is known for `status`",
    ),
];

#[test]
fn every_mistake_is_found_where_it_is() {
    let mut missed = Vec::new();
    for (script, code, part) in MISTAKES {
        let found = told(script);
        if !found.iter().any(|t| t.starts_with(code) && t[code.len()..].starts_with(' ') && t.contains(part)) {
            missed.push(format!("{script}\n  wanted {code} {part}\n  found {found:#?}"));
        }
        if found.len() > 1 {
            missed.push(format!("{script}\n  more than one: {found:#?}"));
        }
    }
    assert!(missed.is_empty(), "{} of {}\n{}", missed.len(), MISTAKES.len(), missed.join("\n"));
}

const GOOD: &[&str] = &[
    // Helpers, early returns.
    "fn machine(by) { by in [\"automation\", \"provider\"] }
     fn decide(f) {
         let d = f.defender; let s = f.sentinel;
         if machine(d.by) && !machine(s.by) { return take_sentinel(\"a person\"); }
         if machine(s.by) && !machine(d.by) { return take_defender(\"a person\"); }
         hold(`${d.by} and ${s.by}`)
     }",
    // A loop over tags, texts put together.
    "fn decide(f) {
         for tag in f.defender.tags { if tag.to_lower() == \"vip\" || tag.starts_with(\"soc-\") { return hold(\"tag \" + tag); } }
         for (tag, i) in f.sentinel.tags { if i > 3 { break; } if same_text(tag, \"x\") { return keep(); } }
         take_sentinel(`after ${f.history.flips} flips`)
     }",
    // Switches in switches.
    "fn decide(f) {
         switch f.field {
             \"status\" | \"closing\" => switch f.order {
                 \"defender\" => take_defender(),
                 \"sentinel\" => take_sentinel(),
                 \"tie\" | \"unknown\" => hold(\"nobody knows\"),
             },
             \"severity\" => { if f.moment.business_hours { return hold(\"day\"); } set(\"high\") }
             \"owner\" if f.defender.owner == () => take_sentinel(),
             \"owner\" => take_defender(),
             _ => split(),
         }
     }",
    // Every value of an enum, without a default.
    "fn decide(f) {
         if f.order == \"defender\" { take_defender() } else if f.order == \"sentinel\" { take_sentinel() }
         else if f.order == \"tie\" { keep() } else if f.order == \"unknown\" { hold(\"x\") }
     }",
    // Closures.
    "fn decide(f) {
         let wanted = f.config.tags;
         let hit = f.defender.tags.filter(|t| has_tag(f.sentinel.tags, t));
         if hit.len() > 0 { keep() } else if wanted != () && f.defender.tags.some(|t| t == \"a\") { split(\"wanted\") } else { hold(\"x\") }
     }",
    // Review and incident.
    "fn decide(f) { hold(\"x\") }
     fn review(f) {
         let p = f.planned;
         if f.field == \"tags\" { return merge_sets(p.tags.filter(|t| !t.starts_with(\"auto\")), []); }
         if f.field == \"comments\" && p.from == \"sentinel\" { return append([]); }
         if f.field == \"closing\" && p.value.class == \"true_positive\" { return choose(\"malware\", \"as agreed\"); }
         if p.from == \"sentinel\" && f.sentinel.by == \"automation\" { return reject(\"no\"); }
         accept()
     }
     fn incident(f) {
         switch f.event {
             \"redirected\" => follow_redirect(),
             \"gone\" => if f.defender == () { freeze(\"gone\") } else { unlink(\"gone\") },
             \"first_link\" => accept(),
         }
     }",
    // Values that are computed; variables that change.
    "fn rank(s) { switch s { \"high\" => 3, \"medium\" => 2, \"low\" => 1, _ => 0 } }
     fn decide(f) {
         if f.field == \"severity\" {
             let best = f.defender.value;
             if rank(f.sentinel.value) > rank(best) { best = f.sentinel.value; }
             return set(best, \"the higher one\");
         }
         let n = 0;
         while n < 3 { n += 1; if n == 2 { break; } }
         hold(`${n}`)
     }",
    // People.
    "fn decide(f) {
         if f.field == \"owner\" && f.defender.owner != () {
             let who = person(f.defender.owner);
             if who != () && who.team == \"tier2\" { return take_defender(); }
             if team_of(f.sentinel.owner ?? \"\") == f.config.team { return take_sentinel(); }
         }
         hold(\"x\")
     }",
    // A loop that is left; a failure that is caught; `throw`.
    "fn decide(f) {
         let i = 0;
         loop { i += 1; if i > f.history.flips { return keep(); } if i > 10 { throw \"too many\"; } }
     }",
    // What a condition already says.
    "fn decide(f) {
         let closing = f.field == \"status\" || f.field == \"closing\";
         if !closing { return keep(); }
         if f.defender.closed != f.sentinel.closed { return if f.defender.closed { take_defender() } else { take_sentinel() }; }
         if f.base != () && f.base.defender == f.defender.value { return take_sentinel(); }
         if f.field == \"closing\" { set(#{class: \"benign_positive\", reason: \"SuspiciousButExpected\"}) } else { set(\"closed\") }
     }",
    // Nested conditions, numbers, constants of the user.
    "const LATE = 20;
     fn decide(f) {
         let late = f.config.late;
         if f.moment.hour >= 20 || f.moment.weekday in [6, 7] { return hold(\"nobody is there\"); }
         if f.incident.new_alerts > 0 && f.incident.products.contains(\"microsoftDefenderForEndpoint\") { return reopen(\"alerts\"); }
         if late == () { split() } else { set_each(\"a\", \"b\", `late ${late}`) }
     }",
    // An answer that is put together; a helper that may have none.
    "fn maybe(f) { if f.order == \"tie\" { keep() } }
     fn decide(f) {
         let answer = ();
         if f.order == \"defender\" { answer = take_defender(); } else { answer = hold(\"x\"); }
         let first = maybe(f);
         if first != () { return first; }
         let second = maybe(f);
         if second == () { return answer; }
         second;
     }",
    "fn decide(f) {
         let side = if f.order == \"defender\" { f.defender } else { f.sentinel };
         if side.closed && f[f.order] == () { return keep(); }
         switch [f.order, f.field] { [\"tie\", \"status\"] => keep(), [\"tie\", \"owner\"] => split(), _ => hold(\"x\"), }
     }",
    "fn decide(f) {
         try { if f.config.a.b { return keep(); } } catch (e) { return hold(`${e}`); }
         switch f.defender.closed { true => return take_defender(), false => () }
         switch f.moment.hour { 20 => keep(), 0..8 => split(), 8..=12 => keep(), _ => hold(\"x\") }
     }",
    "fn fail(why) { throw why }
     fn decide(f) {
         let title = f.defender.title;
         if title != () && title.len > 3 && title[0] == 'A' { return hold(title.sub_string(0, 3)); }
         if f.defender.owner?.len() == 3 { fail(\"odd\") } else { hold(\"x\"); }
     }",
    // One helper for two enums.
    "fn one(x, text) { x == text || x == \"unknown\" || x == \"human\" }
     fn decide(f) { if one(f.order, \"tie\") || one(f.defender.by, \"sync\") { keep() } else { hold(\"x\") } }",
];

#[test]
fn what_is_right_is_left_alone() {
    for preset in crate::policy::PRESETS {
        assert_eq!(told(preset.source), Vec::<String>::new(), "{}", preset.name);
    }
    let mut wrong = Vec::new();
    for script in GOOD {
        let found: Vec<String> = told(script).into_iter().filter(|t| !t.starts_with("HL6107")).collect();
        if !found.is_empty() {
            wrong.push(format!("{script}\n  {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_finding_has_its_caret() {
    let (source, found) =
        check("rule.rhai", "fn decide(f) {\n    if f.order == \"d\" { keep() } else { hold(\"x\") }\n}");
    assert_eq!(
        print(&found[0], &[source], Style::Plain),
        "error[HL6114]: `f.order` is never `d`\n --> rule.rhai:2:19\n2 |     if f.order == \"d\" { keep() } else { hold(\"x\") }\n  \
         |                   ^^^\n  help: it is one of `defender`, `sentinel`, `tie`, `unknown`\n"
    );
}

#[test]
fn odd_texts_are_survived() {
    for script in [
        "fn",
        "fn decide(f) { `${",
        "/*",
        "\u{feff}fn decide(f) {}",
        "fn decide(f) { \"é\" == f.ordér }",
        "}{",
        "fn decide(f) { decide(f) }",
    ] {
        check("x", script);
    }
}
