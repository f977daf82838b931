//! The interpreter of rules: everything that is not needed is left out, every limit is set.
//!
//! In: a script. Out: decisions. A rule has no files, no network, no clock, no modules, no `eval`: only its facts, by value,
//! and the functions of [`super::api`]. The same question has the same answer.

use super::api::LIMITS;
use super::facts;
use crate::incident::{Directory, Person};
use crate::sync::decision::{Decision, Given, IncidentQuestion, Question, Resolver, RuleFault, Ruling};
use crate::sync::input::Settings;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicStringPackage,
    LanguageCorePackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{
    AST, Array, CallFnOptions, Dynamic, Engine, EvalAltResult, Map, NativeCallContext, OptimizationLevel, Position,
    Scope,
};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    /// When the call under way has to be over.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A rule that is ready to decide.
pub struct Rule {
    name: String,
    source: String,
    digest: String,
    engine: Engine,
    ast: AST,
    constants: Dynamic,
    reviews: bool,
    incidents: bool,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("name", &self.name).field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Rule {
    /// Compiles a rule.
    ///
    /// # Errors
    /// Where and why the script cannot be compiled, or that it has no `decide`.
    pub fn compile(name: &str, source: &str, settings: &Settings) -> Result<Rule, RuleFault> {
        let mut engine = engine();
        register(&mut engine, &settings.directory);
        Rule::with_engine(name, source, settings, engine)
    }

    /// Compiles a rule on an engine that was made by [`engine`] and [`register`], for those who watch it at work.
    ///
    /// # Errors
    /// As [`Rule::compile`].
    pub(super) fn with_engine(
        name: &str,
        source: &str,
        settings: &Settings,
        engine: Engine,
    ) -> Result<Rule, RuleFault> {
        if source.len() > LIMITS.script_bytes {
            return Err(RuleFault {
                message: format!("the script is longer than {} bytes", LIMITS.script_bytes),
                at: None,
            });
        }
        let ast = engine
            .compile(source)
            .map_err(|e| RuleFault { message: e.err_type().to_string(), at: place(e.position()) })?;
        let has = |name: &str| ast.iter_functions().any(|f| f.name == name && f.params.len() == 1);
        if !has("decide") {
            return Err(RuleFault {
                message: "the rule has no function `decide` with one parameter".to_owned(),
                at: None,
            });
        }
        let constants = settings.constants.iter().map(|(k, v)| (k.as_str().into(), constant(v))).collect::<Map>();
        Ok(Rule {
            name: name.to_owned(),
            source: source.to_owned(),
            digest: digest(source, settings),
            constants: Dynamic::from_map(constants),
            reviews: has("review"),
            incidents: has("incident"),
            engine,
            ast,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// SHA-256 of the script, the constants and the switches: what it was verified with.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The compiled script.
    pub(super) fn ast(&self) -> &AST {
        &self.ast
    }

    fn call(&self, function: &str, facts: Map) -> Result<Ruling, RuleFault> {
        DEADLINE.set(Instant::now().checked_add(Duration::from_millis(LIMITS.milliseconds)));
        let options = CallFnOptions::new().eval_ast(false).rewind_scope(true);
        let answer: Result<Dynamic, _> =
            self.engine.call_fn_with_options(options, &mut Scope::new(), &self.ast, function, (facts,));
        DEADLINE.set(None);
        let answer = answer.map_err(|e| fault(&e))?;
        let kind = answer.type_name();
        answer.try_cast::<Ruling>().ok_or_else(|| {
            let got = if kind == "()" { "nothing".to_owned() } else { format!("a value of type `{kind}`") };
            RuleFault { message: format!("`{function}` returned {got}; it must return a decision"), at: None }
        })
    }
}

impl Resolver for Rule {
    fn conflict(&self, question: &Question) -> Result<Ruling, RuleFault> {
        self.call("decide", facts::of_field(question, &self.constants))
    }

    fn review(&self, question: &Question) -> Result<Option<Ruling>, RuleFault> {
        match self.reviews {
            true => self.call("review", facts::of_field(question, &self.constants)).map(Some),
            false => Ok(None),
        }
    }

    fn incident(&self, question: &IncidentQuestion) -> Result<Option<Ruling>, RuleFault> {
        match self.incidents {
            true => self.call("incident", facts::of_incident(question, &self.constants)).map(Some),
            false => Ok(None),
        }
    }
}

/// SHA-256 of what a rule was verified with: the script, the constants, the switches and the fields. The people are not in
/// it: verification stands for them by sorts (nobody, somebody, somebody else, a group, a stranger).
pub fn digest(source: &str, settings: &Settings) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(source);
    part(&serde_json::Value::Object(settings.constants.clone()).to_string());
    part(&format!("{} {}", settings.allow_revert, settings.reopen_on_new_alerts));
    for field in &settings.fields {
        part(field.name());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// An interpreter with nothing but the language, and with every limit set.
pub(super) fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    LanguageCorePackage::new().register_into_engine(&mut engine);
    ArithmeticPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    engine.set_optimization_level(OptimizationLevel::Simple);
    engine.disable_symbol("eval").disable_symbol("print").disable_symbol("debug");
    engine.set_max_operations(LIMITS.operations);
    engine.set_max_call_levels(LIMITS.call_levels);
    engine.set_max_expr_depths(LIMITS.expression_depth, LIMITS.expression_depth);
    engine.set_max_string_size(LIMITS.text_bytes);
    engine.set_max_array_size(LIMITS.list_length);
    engine.set_max_map_size(LIMITS.map_length);
    engine.set_max_variables(LIMITS.variables);
    engine.set_max_functions(LIMITS.functions);
    engine.on_progress(|operations| {
        let late = operations % 1024 == 0 && DEADLINE.get().is_some_and(|deadline| Instant::now() > deadline);
        late.then(|| Dynamic::from(format!("longer than {} ms", LIMITS.milliseconds)))
    });
    engine.register_fn("sleep", |_: i64| -> Result<(), Box<EvalAltResult>> { Err("rules have no clock".into()) });
    engine
}

/// Gives an interpreter the functions of [`super::api::FUNCTIONS`].
pub(super) fn register(engine: &mut Engine, directory: &Directory) {
    engine.register_type_with_name::<Ruling>("Decision");
    plain(engine, "keep", Decision::Keep, "both mean the same");
    plain(engine, "accept", Decision::Accept, "accepted");
    plain(engine, "take_defender", Decision::TakeDefender, "Defender's value");
    plain(engine, "take_sentinel", Decision::TakeSentinel, "Sentinel's value");
    plain(engine, "split", Decision::Split, "the sides may differ");
    plain(engine, "follow_redirect", Decision::FollowRedirect, "merged in Defender");
    reasoned(engine, "hold", Decision::Hold);
    reasoned(engine, "reject", Decision::Reject);
    reasoned(engine, "reopen", Decision::Reopen);
    reasoned(engine, "unlink", Decision::Unlink);
    reasoned(engine, "freeze", Decision::Freeze);
    with_values(engine);
    helpers(engine, directory);
}

fn ruling(context: &NativeCallContext, decision: Decision, reason: &str) -> Ruling {
    let line = context.call_position().line().and_then(|l| u32::try_from(l).ok());
    Ruling { decision, reason: reason.to_owned(), line }
}

/// A decision without arguments, with a reason or without.
fn plain(engine: &mut Engine, name: &str, decision: Decision, usual: &'static str) {
    let again = decision.clone();
    engine.register_fn(name, move |context: NativeCallContext| ruling(&context, decision.clone(), usual));
    engine.register_fn(name, move |context: NativeCallContext, reason: &str| ruling(&context, again.clone(), reason));
}

/// A decision that must say why.
fn reasoned(engine: &mut Engine, name: &str, decision: Decision) {
    engine
        .register_fn(name, move |context: NativeCallContext, reason: &str| ruling(&context, decision.clone(), reason));
}

type Answer = Result<Ruling, Box<EvalAltResult>>;

/// The decisions that carry values.
fn with_values(engine: &mut Engine) {
    fn set(context: &NativeCallContext, value: Dynamic, reason: &str) -> Answer {
        Ok(ruling(context, Decision::Set(given(value)?), reason))
    }
    fn pair(context: &NativeCallContext, split: bool, d: Dynamic, s: Dynamic, reason: &str) -> Answer {
        let (d, s) = (given(d)?, given(s)?);
        Ok(ruling(context, if split { Decision::SplitEach(d, s) } else { Decision::SetEach(d, s) }, reason))
    }
    fn merge(context: &NativeCallContext, add: Array, remove: Array, reason: &str) -> Answer {
        Ok(ruling(context, Decision::MergeSets { add: texts(add)?, remove: texts(remove)? }, reason))
    }
    engine.register_fn("set", |c: NativeCallContext, v: Dynamic| set(&c, v, "set by the rule"));
    engine.register_fn("set", |c: NativeCallContext, v: Dynamic, reason: &str| set(&c, v, reason));
    for (name, split) in [("set_each", false), ("split_each", true)] {
        engine.register_fn(name, move |c: NativeCallContext, d: Dynamic, s: Dynamic| {
            pair(&c, split, d, s, "set by the rule")
        });
        engine.register_fn(name, move |c: NativeCallContext, d: Dynamic, s: Dynamic, reason: &str| {
            pair(&c, split, d, s, reason)
        });
    }
    engine.register_fn("merge_sets", |c: NativeCallContext, add: Array, remove: Array| {
        merge(&c, add, remove, "set by the rule")
    });
    engine.register_fn("merge_sets", |c: NativeCallContext, add: Array, remove: Array, reason: &str| {
        merge(&c, add, remove, reason)
    });
    engine.register_fn("append", |c: NativeCallContext, list: Array| -> Answer {
        Ok(ruling(&c, Decision::Append(texts(list)?), "added by the rule"))
    });
    engine.register_fn("append", |c: NativeCallContext, list: Array, reason: &str| -> Answer {
        Ok(ruling(&c, Decision::Append(texts(list)?), reason))
    });
    engine.register_fn("choose", |c: NativeCallContext, finer: &str| {
        ruling(&c, Decision::Choose(finer.to_owned()), "chosen by the rule")
    });
    engine.register_fn("choose", |c: NativeCallContext, finer: &str, reason: &str| {
        ruling(&c, Decision::Choose(finer.to_owned()), reason)
    });
}

/// The functions that return a value.
fn helpers(engine: &mut Engine, directory: &Directory) {
    let people = directory.clone();
    engine.register_fn("person", move |text: &str| people.find(text).map_or(Dynamic::UNIT, |p| person(&p)));
    let people = directory.clone();
    engine.register_fn("team_of", move |text: &str| {
        let team = people.find(text).and_then(|p| p.team.clone());
        team.map_or(Dynamic::UNIT, Dynamic::from)
    });
    engine.register_fn("same_text", |a: &str, b: &str| a.to_lowercase() == b.to_lowercase());
    engine.register_fn("has_tag", |tags: Array, tag: &str| -> Result<bool, Box<EvalAltResult>> {
        Ok(crate::incident::has_tag(&texts(tags)?, tag))
    });
}

fn person(person: &Person) -> Dynamic {
    let mut map = Map::new();
    map.insert("upn".into(), person.upn.clone().into());
    map.insert("object_id".into(), person.object_id.clone().into());
    map.insert("display".into(), person.display.clone().into());
    map.insert("team".into(), person.team.clone().map_or(Dynamic::UNIT, Dynamic::from));
    Dynamic::from_map(map)
}

/// A value that a script gives for a field.
fn given(value: Dynamic) -> Result<Given, Box<EvalAltResult>> {
    if value.is_unit() {
        return Ok(Given::Text(String::new()));
    }
    if value.is_string() {
        return Ok(Given::Text(value.into_string()?));
    }
    let kind = value.type_name();
    let Some(map) = value.try_cast::<Map>() else {
        return Err(format!("a value is a text, `()` or a closing, not of type `{kind}`").into());
    };
    let member = |name: &str| match map.get(name) {
        Some(value) if value.is_string() => value.clone().into_string().map(Some).map_err(Into::into),
        None => Ok(None),
        Some(value) if value.is_unit() => Ok(None),
        Some(_) => Err(Box::<EvalAltResult>::from(format!("`{name}` of a closing is a text"))),
    };
    if let Some(odd) = map.keys().find(|k| !["class", "determination", "reason"].contains(&k.as_str())) {
        return Err(format!("a closing has no `{odd}`; it has `class`, `determination`, `reason`").into());
    }
    let class = member("class")?.ok_or_else(|| Box::<EvalAltResult>::from("a closing needs its `class`"))?;
    Ok(Given::Closing { class, determination: member("determination")?, reason: member("reason")? })
}

fn texts(list: Array) -> Result<Vec<String>, Box<EvalAltResult>> {
    list.into_iter()
        .map(|t| t.into_string().map_err(|kind| format!("a list of texts holds a value of type `{kind}`").into()))
        .collect()
}

/// A constant of the configuration. Rules have no fractions, so a fraction comes as a text.
fn constant(value: &serde_json::Value) -> Dynamic {
    match value {
        serde_json::Value::Null => Dynamic::UNIT,
        serde_json::Value::Bool(b) => Dynamic::from(*b),
        serde_json::Value::Number(n) => n.as_i64().map_or_else(|| Dynamic::from(n.to_string()), Dynamic::from),
        serde_json::Value::String(s) => Dynamic::from(s.clone()),
        serde_json::Value::Array(list) => Dynamic::from_array(list.iter().map(constant).collect()),
        serde_json::Value::Object(map) => {
            Dynamic::from_map(map.iter().map(|(k, v)| (k.as_str().into(), constant(v))).collect())
        }
    }
}

/// A failure of a script in the user's words.
fn fault(error: &EvalAltResult) -> RuleFault {
    let mut inner = error;
    // A failure inside a function is told where it happened, not where the function was called.
    while let EvalAltResult::ErrorInFunctionCall(_, _, cause, _) = inner {
        inner = cause;
    }
    let message = match inner {
        EvalAltResult::ErrorTooManyOperations(_) => format!("stopped after {} operations", LIMITS.operations),
        EvalAltResult::ErrorStackOverflow(_) => format!("more than {} calls within calls", LIMITS.call_levels),
        EvalAltResult::ErrorDataTooLarge(what, _) => format!("too large: {what}"),
        EvalAltResult::ErrorTerminated(reason, _) => format!("stopped: {reason}"),
        EvalAltResult::ErrorRuntime(value, _) => format!("{value}"),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => format!("there is no function `{signature}`"),
        other => without_place(&other.to_string()),
    };
    RuleFault { message, at: place(inner.position()) }
}

fn place(position: Position) -> Option<(u32, u32)> {
    let number = |n: usize| u32::try_from(n).ok();
    Some((number(position.line()?)?, number(position.position().unwrap_or(1))?))
}

/// The text of an error without its place, which is told apart.
fn without_place(text: &str) -> String {
    text.rsplit_once(" (line ").map_or(text, |(before, _)| before).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{DefenderIncident, Open, SentinelIncident};
    use crate::sync::input::Input;
    use crate::sync::pass::decide;

    /// What a rule does about a conflict of status: the fault, or the decision's name.
    fn run(body: &str) -> Result<String, RuleFault> {
        let settings = Settings::default();
        let rule = Rule::compile("test", &format!("fn decide(f) {{ {body} }}"), &settings)?;
        let (mut defender, mut sentinel) = (DefenderIncident::new("1"), SentinelIncident::new("a"));
        defender.status = Open::read("inProgress");
        sentinel.status = Open::read("New");
        let input = Input { defender: Some(defender), sentinel: Some(sentinel), ..Input::default() };
        let out = decide(&input, &settings, &rule);
        match out.refusals.first() {
            Some(refusal) => Err(RuleFault { message: refusal.message.clone(), at: refusal.at }),
            None => Ok(out.rulings.first().map(|r| r.ruling.decision.name().to_owned()).unwrap_or_default()),
        }
    }

    #[test]
    fn what_would_run_away_is_stopped_and_the_field_is_held() {
        for (body, told) in [
            ("loop {}", "stopped after"),
            ("let s = \"xxxxxxxxxxxxxxxx\"; loop { s += s; }", "too large"),
            ("decide(f)", "calls within calls"),
            ("http_get(\"http://example.com\")", "there is no function `http_get"),
            ("sleep(5)", "no clock"),
            ("throw \"no\"", "no"),
            ("42", "returned a value of type `i64`"),
            ("set(\"active\")", "`active` is no status"),
            ("accept()", "`accept` answers a planned change"),
        ] {
            let fault = run(body).unwrap_err();
            assert!(fault.message.contains(told), "{body}: {}", fault.message);
        }
        assert!(run("eval(\"1\")").is_err() && run("import \"x\" as x;").is_err());
    }

    #[test]
    fn facts_reach_the_rule() {
        let body = "if f.field == \"status\" && f.defender.value == \"in_progress\" && f.base == () \
                    && f.order == \"unknown\" && f.defender.by == \"unknown\" { take_defender(\"yes\") } else { hold(\"no\") }";
        assert_eq!(run(body), Ok("take_defender".into()));
    }

    #[test]
    fn the_digest_follows_the_constants() {
        let mut settings = Settings::default();
        let before = digest("x", &settings);
        settings.constants.insert("team".into(), "soc".into());
        assert_ne!(before, digest("x", &settings));
    }
}
