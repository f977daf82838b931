//! Functions that come with the portals, as KQL of this program's own.
//!
//! In: a name. Out: its text, which the binder reads like a saved function's. ASIM's views give `Device*` events, and the
//! normalized `ASim*` tables of the mirror, under the schemas' names. Facts: Microsoft's documents on the ASIM schemas and
//! their filtering parameters, and on the enrichment functions of advanced hunting. What there is of the rows is the
//! mirror's; nothing else is known here.

use super::SavedFunction;

/// The text of a view of ASIM.
macro_rules! asim {
    ($file:literal) => {
        include_str!(concat!("asim/", $file, ".kql"))
    };
}

/// A schema of ASIM: the part of its names behind `_Im_`, and its view.
const SCHEMAS: [(&str, &str); 10] = [
    ("AuditEvent", asim!("audit")),
    ("Authentication", asim!("authentication")),
    ("DhcpEvent", asim!("dhcp")),
    ("Dns", asim!("dns")),
    ("FileEvent", asim!("file")),
    ("NetworkSession", asim!("network")),
    ("ProcessEvent", asim!("process")),
    ("RegistryEvent", asim!("registry")),
    ("UserManagement", asim!("user")),
    ("WebSession", asim!("web")),
];

/// Before a schema's name: built-in and workspace functions, with parameters and without.
const PREFIXES: [&str; 5] = ["_Im_", "_ASim_", "im", "Im", "ASim"];

/// Names of functions that are no schema's: the schema, and the events they give, where it is not all.
const OTHERS: [(&str, &str, Option<&str>); 5] = [
    ("ProcessCreate", "ProcessEvent", Some("ProcessCreated")),
    ("ProcessTerminate", "ProcessEvent", Some("ProcessTerminated")),
    ("ProcessEventCreate", "ProcessEvent", Some("ProcessCreated")),
    ("ProcessEventTerminate", "ProcessEvent", Some("ProcessTerminated")),
    ("Registry", "RegistryEvent", None),
];

/// The default of the parameter that tells process events apart.
const ANY_EVENT: &str = "eventtype:string = '*'";

/// Enrichment functions of advanced hunting whose arguments are plain ones.
const ENRICHMENT: [(&str, &str); 2] = [
    ("AssignedIPAddresses", include_str!("portal/assigned_ip_addresses.kql")),
    ("DeviceFromIP", include_str!("portal/device_from_ip.kql")),
];

/// Enrichment functions that the binder makes anew for each call.
const MADE: [&str; 2] = ["FileProfile", "SeenBy"];

/// The columns that `FileProfile` adds, in order, but for its last, `ProfileAvailability`.
pub const PROFILE_COLUMNS: [&str; 17] = [
    "SHA1",
    "SHA256",
    "MD5",
    "FileSize",
    "GlobalPrevalence",
    "GlobalFirstSeen",
    "GlobalLastSeen",
    "Signer",
    "Issuer",
    "SignerHash",
    "IsCertificateValid",
    "IsRootSignerMicrosoft",
    "SignatureState",
    "IsExecutable",
    "ThreatName",
    "Publisher",
    "SoftwareName",
];

/// The table of file profiles that a user may bring: columns as `FileProfile` adds them.
pub const PROFILES: &str = "FileProfiles";

/// The table of who has seen a device that a user may bring: `DeviceId`, and `SeenBy` as an array.
pub const SEEN_BY: &str = "DeviceSeenBy";

/// The view of that name.
pub fn view(name: &str) -> Option<SavedFunction> {
    if let Some((_, text)) = ENRICHMENT.iter().find(|(n, _)| *n == name) {
        return Some(own(name, (*text).to_owned()));
    }
    let schema = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
    let text = |of: &str| SCHEMAS.iter().find(|(n, _)| *n == of).map(|(_, text)| (*text).to_owned());
    let found = match OTHERS.iter().find(|(n, ..)| *n == schema) {
        Some((_, of, Some(event))) => text(of)?.replace(ANY_EVENT, &format!("eventtype:string = '{event}'")),
        Some((_, of, None)) => text(of)?,
        None => text(schema)?,
    };
    Some(own(name, found))
}

/// `FileProfile` over a column that holds hashes of a kind (`SHA1` or `SHA256`), without the columns that are dropped;
/// `given` where the user brought the table of profiles.
pub fn file_profile(column: &str, hash: &str, dropped: &[&str], given: bool) -> SavedFunction {
    let text =
        if given { include_str!("portal/file_profile_given.kql") } else { include_str!("portal/file_profile.kql") };
    let quoted = format!("['{}']", column.replace('\\', "\\\\").replace('\'', "\\'"));
    let drop = if dropped.is_empty() { String::new() } else { format!("| project-away {}", dropped.join(", ")) };
    let text = text.replace("HASH", hash).replace("(KEY)", &format!("({quoted})")).replace("DROP", &drop);
    own("FileProfile", text)
}

/// `SeenBy` from the table that the user brought.
pub fn seen_by() -> SavedFunction {
    own("SeenBy", include_str!("portal/seen_by.kql").to_owned())
}

/// A table that is gone, as today's tables answer for it.
pub fn gone_table(name: &str) -> Option<SavedFunction> {
    let text = match name {
        "AlertEvents" | "DeviceAlertEvents" => {
            "AlertInfo | join kind=inner AlertEvidence on AlertId | extend EventTime = Timestamp, MachineId = DeviceId, \
             ComputerName = DeviceName | project-away AlertId1, Timestamp1"
        }
        "AppFileEvents" => "CloudAppEvents",
        "DeviceTvmSoftwareInventoryVulnerabilities" => "DeviceTvmSoftwareVulnerabilities",
        _ => return None,
    };
    Some(own(name, text.to_owned()))
}

/// The names of all functions here, for suggestions: of the views the usual spellings.
pub fn names() -> impl Iterator<Item = &'static str> {
    const USUAL: [&str; 21] = [
        "imAuditEvent",
        "imAuthentication",
        "imDns",
        "imFileEvent",
        "imNetworkSession",
        "imProcessCreate",
        "imProcessEvent",
        "imProcessTerminate",
        "imRegistry",
        "imUserManagement",
        "imWebSession",
        "_Im_AuditEvent",
        "_Im_Authentication",
        "_Im_DhcpEvent",
        "_Im_Dns",
        "_Im_FileEvent",
        "_Im_NetworkSession",
        "_Im_ProcessEvent",
        "_Im_RegistryEvent",
        "_Im_UserManagement",
        "_Im_WebSession",
    ];
    USUAL.into_iter().chain(ENRICHMENT.iter().map(|(n, _)| *n)).chain(MADE)
}

fn own(name: &str, text: String) -> SavedFunction {
    SavedFunction { name: name.into(), place: format!("<{name}>"), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_name_has_a_text() {
        for name in names().filter(|n| !MADE.contains(n)) {
            assert!(view(name).is_some(), "{name}");
        }
        assert!(view("_ASim_Dns").is_some() && view("ASimProcessEvent").is_some());
        for name in ["AlertEvents", "DeviceAlertEvents", "AppFileEvents", "DeviceTvmSoftwareInventoryVulnerabilities"] {
            assert!(gone_table(name).is_some() && super::super::device::gone_table(name).is_some(), "{name}");
        }
        assert!(view("imNothing").is_none() && view("Dns").is_none());
        assert!(view("imProcessCreate").unwrap().text.contains("eventtype:string = 'ProcessCreated'"));
        let profile = file_profile("My hash's", "SHA256", &["SHA1"], false).text;
        assert!(
            profile.contains(r"project Wanted = tostring(['My hash\'s'])") && profile.contains("project-away SHA1")
        );
        assert!(!profile.contains("HASH") && !profile.contains("KEY)") && !profile.contains("DROP"));
    }
}
