//! `huntline sync resolve`

use super::args::ResolveArgs;
use super::setup::{ledger_path, settings_of};
use super::show::find;
use crate::cli::context::{Context, Failure};
use crate::diagnostic::{Code, Diagnostic};
use crate::incident::{Determination, Field, Wire};
use crate::ledger::{Answer, Desk, Ledger, LetterId};
use crate::sync::decision::{Decision, Given};
use crate::sync::value::given;
use std::process::ExitCode;

/// Takes a person's answer. It works beside a running sync, which takes it up in its next pass.
pub fn run(context: &Context, args: &ResolveArgs) -> Result<ExitCode, Failure> {
    let desk = Ledger::open_answer(&ledger_path(context, args.ledger.as_ref()))?;
    if args.retry || args.drop {
        return letter(context, &desk, args);
    }
    let pair = find(&desk, &args.incident)?;
    if args.thaw {
        desk.unfreeze(pair.id)?;
        context.say(&format!("incident {} goes on with the next pass", pair.defender));
        return Ok(ExitCode::SUCCESS);
    }
    if args.unlink {
        desk.unlink(pair.id, &format!("parted by {}", args.by), context.now)?;
        context.say(&format!("{} and {} are no longer kept in step", pair.defender, pair.sentinel));
        return Ok(ExitCode::SUCCESS);
    }
    let held: Vec<_> = desk.holds()?.into_iter().filter(|h| h.question.pair == pair.id).collect();
    let names = held.iter().map(|h| format!("`{}`", h.question.field.name())).collect::<Vec<_>>().join(", ");
    let nothing = |what: String| -> Failure {
        let help = if names.is_empty() { "nothing of it is held".to_owned() } else { format!("held are {names}") };
        Diagnostic::general(Code::NotHeld, what).with_help(help).into()
    };
    let name = args.field.as_deref().ok_or_else(|| Failure::usage("name the field that is answered"))?;
    let field = Field::of_name(name).ok_or_else(|| nothing(format!("there is no field `{name}`")))?;
    let hold = held.iter().find(|h| h.question.field == field);
    let hold = hold.ok_or_else(|| nothing(format!("`{name}` of incident {} is not held", args.incident)))?;
    let decision = match (&args.take, &args.set) {
        (Some(side), _) if side == "defender" => Decision::TakeDefender,
        (Some(_), _) => Decision::TakeSentinel,
        (_, Some(text)) => {
            let value = value(field, text);
            given(field, &value, &settings_of(&context.config.sync)?.directory).map_err(Failure::usage)?;
            Decision::Set(value)
        }
        _ => Decision::Split,
    };
    let answer = serde_json::to_value(&decision).map_err(std::io::Error::other)?;
    let answer = Answer { answer, by: args.by.clone(), at: context.now };
    desk.answer(pair.id, field, &hold.question.facts, &answer)?;
    context.say(&format!("answered: {}; the next pass takes it up", decision.name()));
    Ok(ExitCode::SUCCESS)
}

/// A value as it is typed; a closing as class/finer.
fn value(field: Field, text: &str) -> Given {
    if field != Field::Closing {
        return Given::Text(text.to_owned());
    }
    let (class, finer) = text.split_once('/').map_or((text, None), |(class, finer)| (class, Some(finer)));
    let determination = finer.filter(|f| Determination::read(f).is_some()).map(str::to_owned);
    let reason = finer.filter(|_| determination.is_none()).map(str::to_owned);
    Given::Closing { class: class.to_owned(), determination, reason }
}

fn letter(context: &Context, desk: &Desk, args: &ResolveArgs) -> Result<ExitCode, Failure> {
    let number = args.incident.trim_start_matches('#');
    let id = number
        .parse()
        .map(LetterId)
        .map_err(|_| Failure::usage(format!("`{number}` is no number of a refused write")))?;
    if args.drop {
        desk.drop_letter(id)?;
        context.say("dropped");
    } else {
        desk.retry_letter(id, context.now)?;
        context.say("the next pass decides the incident again");
    }
    Ok(ExitCode::SUCCESS)
}
