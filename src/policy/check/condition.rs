//! What a condition says about the facts: which values remain when it holds, and when it does not.

use super::value::{Env, Value, join};
use super::walk::Walk;
use rhai::Expr;
use std::collections::BTreeSet;

impl Walk<'_> {
    /// What facts may be once a condition holds, or does not; `None` when that cannot be.
    pub(super) fn assume(&mut self, condition: &Expr, env: &Env, holds: bool) -> Option<Env> {
        match condition {
            Expr::BoolConstant(value, _) => (*value == holds).then(|| env.clone()),
            Expr::And(list, _) => self.assume_list(list, env, holds, true),
            Expr::Or(list, _) => self.assume_list(list, env, holds, false),
            Expr::FnCall(call, _) => match (call.name.as_str(), call.args.as_slice()) {
                ("!", [inner]) => self.assume(inner, env, !holds),
                ("==", [a, b]) => self.assume_equal(a, b, env, holds),
                ("!=", [a, b]) => self.assume_equal(a, b, env, !holds),
                ("contains", [list, item]) => {
                    self.muted += 1;
                    let texts: Option<BTreeSet<String>> =
                        self.elements(list).and_then(|all| all.into_iter().map(|e| e.text).collect());
                    self.muted -= 1;
                    let item = self.quiet(item);
                    match texts {
                        Some(texts) => self.restrict(&item, texts, env, holds),
                        None => Some(env.clone()),
                    }
                }
                _ => Some(env.clone()),
            },
            Expr::Dot(..) | Expr::Index(..) | Expr::Variable(..) => {
                let value = self.quiet(condition);
                self.restrict(&value, BTreeSet::from(["true".to_owned()]), env, holds)
            }
            _ => Some(env.clone()),
        }
    }

    /// A list of conditions of which all must be `each` for the whole to be `each`.
    fn assume_list(&mut self, list: &[Expr], env: &Env, holds: bool, each: bool) -> Option<Env> {
        let mut so_far = Some(env.clone());
        let mut otherwise: Option<Env> = None;
        for part in list {
            let here = so_far?;
            if let Some(out) = self.assume(part, &here, !each) {
                otherwise = Some(otherwise.map_or_else(|| out.clone(), |o| join(&o, &out)));
            }
            so_far = self.assume(part, &here, each);
            if so_far.is_none() && holds != each {
                return otherwise;
            }
        }
        if holds == each { so_far } else { otherwise }
    }

    fn assume_equal(&mut self, a: &Expr, b: &Expr, env: &Env, holds: bool) -> Option<Env> {
        let (a, b) = (self.quiet(a), self.quiet(b));
        let (fact, constant) = if a.path.is_some() { (&a, &b) } else { (&b, &a) };
        match &constant.text {
            Some(text) => self.restrict(fact, BTreeSet::from([text.clone()]), env, holds),
            None => Some(env.clone()),
        }
    }

    /// A fact is one of some values, or none of them.
    fn restrict(&self, fact: &Value, to: BTreeSet<String>, env: &Env, holds: bool) -> Option<Env> {
        let (Some(path), Some(domain)) = (&fact.path, fact.domain()) else { return Some(env.clone()) };
        let now = env.get(path).cloned().unwrap_or_else(|| domain.clone());
        // A text that is not listed stands for something among what is not listed.
        let listed = to.iter().all(|t| domain.contains(t));
        if !listed && !domain.contains("#") {
            return Some(env.clone());
        }
        let open = |t: &String| if domain.contains(t) { t.clone() } else { "#".to_owned() };
        let to: BTreeSet<String> = to.iter().map(open).collect();
        let left: BTreeSet<String> = match (holds, listed && !to.contains("#")) {
            (true, _) => now.intersection(&to).cloned().collect(),
            (false, true) => now.difference(&to).cloned().collect(),
            (false, false) => now,
        };
        let mut env = env.clone();
        let possible = !left.is_empty();
        env.insert(path.clone(), left);
        possible.then_some(env)
    }
}
