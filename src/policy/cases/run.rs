//! Running cases under a rule.

use super::expect::{came_out, fields_of, ruled};
use super::{About, Case, Difference};
use crate::diagnostic::Span;
use crate::policy::coverage::{Coverage, Watched};
use crate::policy::explain::{FieldFacts, facts_of};
use crate::sync::decision::{Resolver, RuleFault};
use crate::sync::input::Settings;
use crate::sync::pass::{Outcome, decide};

/// How a case went.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// Why it matters.
    pub why: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Whether everything was as expected.
    pub pass: bool,
    /// What was not.
    pub differences: Vec<Difference>,
    /// What came out: a decision's name, `hold` where it is held, `nothing`; empty for a case about several fields.
    pub decision: String,
    /// Why.
    pub reason: String,
    /// What the rule decided, and the line of the rule; `None` when it was not asked.
    pub rule: Option<(String, Option<u32>)>,
    /// What was known of the fields.
    pub facts: Vec<FieldFacts>,
    /// Everything that came out.
    pub outcome: Outcome,
}

/// All cases of a rule.
#[derive(Clone, Debug)]
pub struct Report {
    /// The rule's name.
    pub rule: String,
    /// A result for each case.
    pub results: Vec<CaseResult>,
    /// How much of the rule they take.
    pub coverage: Coverage,
}

impl Report {
    /// Whether every case passed.
    pub fn pass(&self) -> bool {
        self.results.iter().all(|r| r.pass)
    }
}

/// Runs cases under a rule that is compiled already. A case with constants or teams of its own fails: a compiled rule has
/// them in it; [`run_rule`] compiles it anew for such a case.
pub fn run(rule: &dyn Resolver, settings: &Settings, cases: &[Case]) -> Vec<CaseResult> {
    let one = |case: &Case| {
        let mut result = run_case(rule, &case.settings(settings), case);
        if case.needs_own_rule() {
            result.pass = false;
            result.differences.push(Difference {
                what: "config".to_owned(),
                expected: "constants or teams of the case's own".to_owned(),
                got: "a rule that is compiled without them".to_owned(),
            });
        }
        result
    };
    cases.iter().map(one).collect()
}

/// Runs one case.
pub(super) fn run_case(rule: &dyn Resolver, settings: &Settings, case: &Case) -> CaseResult {
    let outcome = decide(&case.input, settings, rule);
    let differences = case.expect.compare(case.about, &outcome);
    let (decision, reason) = match case.about {
        About::Incident => (String::new(), String::new()),
        about => came_out(about, &outcome),
    };
    CaseResult {
        name: case.name.clone(),
        why: case.why.clone(),
        span: case.span,
        pass: differences.is_empty(),
        differences,
        decision,
        reason,
        rule: ruled(case.about, &outcome).map(|r| (r.ruling.decision.name().to_owned(), r.ruling.line)),
        facts: fields_of(case.about, &outcome).into_iter().map(|f| facts_of(f, &case.input, settings)).collect(),
        outcome,
    }
}

/// Runs cases under the text of a rule, and watches which branches they take.
///
/// # Errors
/// Where and why the script cannot be compiled.
pub fn run_rule(name: &str, source: &str, settings: &Settings, cases: &[Case]) -> Result<Report, RuleFault> {
    let usual = Watched::compile(name, source, settings)?;
    let mut others = Coverage::default();
    let mut results = Vec::new();
    for case in cases {
        let own = case.settings(settings);
        results.push(match case.needs_own_rule() {
            true => {
                let rule = Watched::compile(name, source, &own)?;
                let result = run_case(&rule, &own, case);
                others.merge(&rule.coverage());
                result
            }
            false => run_case(&usual, &own, case),
        });
    }
    let mut coverage = usual.coverage();
    coverage.merge(&others);
    Ok(Report { rule: name.to_owned(), results, coverage })
}
