//! What a side says about a field, and when two sayings mean the same.

use super::decision::Given;
use crate::incident::{
    Class, Closing, DefenderClosing, DefenderIncident, Determination, Directory, Field, Open, Owner, Reason,
    SentinelClosing, SentinelIncident, Severity, Status, Wire,
};
use std::borrow::Cow;

/// What a side says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// Nothing: a closing of an open incident, an empty text, a property that was not there.
    Nothing,
    /// A value of the service's list that nobody knows.
    Unknown(Cow<'a, str>),
    /// A status.
    Status(Status),
    /// A closing.
    Closing(Closing),
    /// An owner.
    Owner(Owner),
    /// A severity.
    Severity(Severity),
    /// A title, a description, a closing comment.
    Text(Cow<'a, str>),
    /// Tags, in the order in which they came.
    Tags(Vec<Cow<'a, str>>),
}

impl Said<'_> {
    /// True when both mean the same. Nothing means the same as nothing only.
    pub fn same(&self, other: &Said) -> bool {
        match (self, other) {
            (Said::Closing(a), Said::Closing(b)) => a.class == b.class,
            (Said::Owner(a), Said::Owner(b)) => a.same(b),
            (Said::Unknown(a), Said::Unknown(b)) => a.eq_ignore_ascii_case(b),
            (Said::Text(a), Said::Text(b)) => a == b || a.trim() == b.trim(),
            (Said::Tags(a), Said::Tags(b)) => crate::incident::same_tags(a, b),
            _ => self == other,
        }
    }

    /// The same, owned.
    pub fn into_owned(self) -> Said<'static> {
        let own = |text: Cow<str>| Cow::Owned(text.into_owned());
        match self {
            Said::Nothing => Said::Nothing,
            Said::Unknown(text) => Said::Unknown(own(text)),
            Said::Status(status) => Said::Status(status),
            Said::Closing(closing) => Said::Closing(closing),
            Said::Owner(owner) => Said::Owner(owner),
            Said::Severity(severity) => Said::Severity(severity),
            Said::Text(text) => Said::Text(own(text)),
            Said::Tags(tags) => Said::Tags(tags.into_iter().map(own).collect()),
        }
    }

    /// For people and the journal.
    pub fn text(&self) -> String {
        match self {
            Said::Nothing => "-".to_owned(),
            Said::Unknown(text) | Said::Text(text) => text.to_string(),
            Said::Status(status) => status.name().to_owned(),
            Said::Closing(closing) => match (&closing.determination, &closing.reason) {
                (Some(finer), _) if closing.class != Class::Undetermined => {
                    format!("{}/{}", closing.class.name(), finer.text())
                }
                (_, Some(finer)) => format!("{}/{}", closing.class.name(), finer.text()),
                _ => closing.class.name().to_owned(),
            },
            Said::Owner(owner) => owner.text().unwrap_or("nobody").to_owned(),
            Said::Severity(severity) => severity.wire().to_owned(),
            Said::Tags(tags) => tags.join(", "),
        }
    }
}

/// What Defender says about a field that is not comments.
pub fn of_defender<'a>(field: Field, incident: &'a DefenderIncident, directory: &Directory) -> Said<'a> {
    match field {
        Field::Status => match incident.meaning() {
            Some(status) => Said::Status(status),
            None => Said::Unknown(Cow::Borrowed(incident.status.text())),
        },
        Field::Closing => match (incident.closing(), &incident.classification) {
            (Some(closing), _) => Said::Closing(closing),
            (None, Some(raw)) => Said::Unknown(Cow::Borrowed(raw.text())),
            (None, None) => Said::Nothing,
        },
        Field::ClosingComment => text(incident.resolving_comment.as_deref()),
        Field::Owner => Said::Owner(directory.of_defender(incident.assigned_to.as_deref())),
        Field::Severity => severity(incident.severity.as_ref()),
        Field::Title => text(incident.display_name.as_deref()),
        Field::Description => text(incident.description.as_deref()),
        Field::Tags => Said::Tags(incident.custom_tags.iter().map(|t| Cow::Borrowed(t.as_str())).collect()),
        Field::Comments => Said::Nothing,
    }
}

/// What Sentinel says about a field that is not comments.
pub fn of_sentinel<'a>(field: Field, incident: &'a SentinelIncident, directory: &Directory) -> Said<'a> {
    let closed = incident.meaning() == Some(Status::Closed);
    match field {
        Field::Status => match incident.meaning() {
            Some(status) => Said::Status(status),
            None => Said::Unknown(Cow::Borrowed(incident.status.text())),
        },
        Field::Closing if !closed => Said::Nothing,
        Field::Closing => match (incident.closing(), &incident.classification) {
            (Some(closing), _) => Said::Closing(closing),
            (None, Some(raw)) => Said::Unknown(Cow::Borrowed(raw.text())),
            (None, None) => Said::Nothing,
        },
        Field::ClosingComment if !closed => Said::Nothing,
        Field::ClosingComment => text(incident.classification_comment.as_deref()),
        Field::Owner => Said::Owner(directory.of_sentinel(incident.owner.as_ref())),
        Field::Severity => severity(incident.severity.as_ref()),
        Field::Title => text(incident.title.as_deref()),
        Field::Description => text(incident.description.as_deref()),
        Field::Tags => Said::Tags(incident.user_labels().map(Cow::Borrowed).collect()),
        Field::Comments => Said::Nothing,
    }
}

fn text(text: Option<&str>) -> Said<'_> {
    match text.filter(|t| !t.trim().is_empty()) {
        Some(text) => Said::Text(Cow::Borrowed(text)),
        None => Said::Nothing,
    }
}

fn severity(raw: Option<&Open<Severity>>) -> Said<'_> {
    match raw {
        None => Said::Nothing,
        Some(Open::Known(severity)) => Said::Severity(*severity),
        Some(Open::Other(text)) => Said::Unknown(Cow::Borrowed(text)),
    }
}

/// Reads what a rule or a person gave for a field.
///
/// # Errors
/// What does not fit, in the user's words: an unknown value, a pair that neither service takes, a field that takes none.
pub fn given<'a>(field: Field, given: &'a Given, directory: &Directory) -> Result<Said<'a>, String> {
    match (field, given) {
        (Field::Status, Given::Text(text)) => Status::of_name(text)
            .map(Said::Status)
            .ok_or_else(|| format!("`{text}` is no status; it is one of `new`, `in_progress`, `closed`")),
        (Field::Severity, Given::Text(text)) => Severity::read(text)
            .map(Said::Severity)
            .ok_or_else(|| format!("`{text}` is no severity; it is one of `informational`, `low`, `medium`, `high`")),
        (Field::Owner, Given::Text(text)) => match directory.of_defender(Some(text)) {
            Owner::Unresolved(text) => Err(format!("`{text}` is not in the directory")),
            owner => Ok(Said::Owner(owner)),
        },
        (Field::Title | Field::Description | Field::ClosingComment, Given::Text(given)) => Ok(text(Some(given))),
        (Field::Closing, Given::Text(class)) => closing(class, None, None).map(Said::Closing),
        (Field::Closing, Given::Closing { class, determination, reason }) => {
            closing(class, determination.as_deref(), reason.as_deref()).map(Said::Closing)
        }
        (Field::Tags | Field::Comments, _) => Err(format!("`{}` cannot be set as one value", field.name())),
        (_, Given::Closing { .. }) => Err(format!("`{}` is no closing: give a text", field.name())),
    }
}

/// Reads a closing, and refuses pairs that a service would not take.
fn closing(class: &str, determination: Option<&str>, reason: Option<&str>) -> Result<Closing, String> {
    let class = Class::of_name(class).ok_or_else(|| {
        format!(
            "`{class}` is no class; it is one of `undetermined`, `true_positive`, `benign_positive`, `false_positive`"
        )
    })?;
    let determination = determination.map(|text| {
        let known = Determination::read(text).ok_or_else(|| format!("`{text}` is no determination of Defender"))?;
        match DefenderClosing::legal(class, known) {
            Some(_) => Ok(Open::Known(known)),
            None => Err(format!("Defender does not take `{text}` with `{}`", class.name())),
        }
    });
    let reason = reason.map(|text| {
        let known = Reason::read(text).ok_or_else(|| format!("`{text}` is no reason of Sentinel"))?;
        match SentinelClosing::legal(class, Some(known)) {
            Some(_) => Ok(Open::Known(known)),
            None => Err(format!("Sentinel does not take `{text}` with `{}`", class.name())),
        }
    });
    Ok(Closing { class, determination: determination.transpose()?, reason: reason.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn illegal_closings_are_refused_in_words() {
        let odd =
            Given::Closing { class: "true_positive".into(), determination: Some("notMalicious".into()), reason: None };
        let told = given(Field::Closing, &odd, &Directory::default()).unwrap_err();
        assert_eq!(told, "Defender does not take `notMalicious` with `true_positive`");
        assert!(given(Field::Status, &Given::Text("active".into()), &Directory::default()).is_err());
    }

    #[test]
    fn closings_of_one_class_mean_the_same() {
        let said = |d| Said::Closing(Closing { class: Class::FalsePositive, determination: d, reason: None });
        assert!(said(None).same(&said(Some(Open::Known(Determination::Other)))));
        assert!(!said(None).same(&Said::Nothing));
    }
}
