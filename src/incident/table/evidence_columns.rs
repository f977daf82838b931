//! Which columns of AlertEvidence a piece of evidence fills, by its type.
//!
//! In: Graph's evidence. Out: the columns that its type has. Never: a column that another type's meaning would have to be
//! bent for; what is not listed stays in AdditionalFields. Source of the properties: Graph's CSDL.

use super::columns::{Columns, at, text_at, whole_at};
use serde_json::Value;

/// The columns that a type fills, each with its path in Graph's object.
pub(super) type Paths = &'static [(&'static str, &'static str)];

const FILE: Paths = &[
    ("FileName", "fileDetails.fileName"),
    ("FolderPath", "fileDetails.filePath"),
    ("SHA1", "fileDetails.sha1"),
    ("SHA256", "fileDetails.sha256"),
    ("FileSize", "fileDetails.fileSize"),
];

const ACCOUNT: Paths = &[
    ("AccountName", "userAccount.accountName"),
    ("AccountDomain", "userAccount.domainName"),
    ("AccountSid", "userAccount.userSid"),
    ("AccountObjectId", "userAccount.azureAdUserId"),
    ("AccountUpn", "userAccount.userPrincipalName"),
];

const DEVICE: Paths = &[
    ("DeviceName", "deviceDnsName"),
    ("DeviceName", "hostName"),
    ("LocalIP", "lastIpAddress"),
    ("ResourceID", "vmMetadata.resourceId"),
    ("SubscriptionId", "vmMetadata.subscriptionId"),
];

const AZURE: Paths =
    &[("CloudResource", "resourceName"), ("ResourceType", "resourceType"), ("ResourceID", "resourceId")];

/// What each of Graph's types fills: its own columns, and those of an object inside it.
const TYPES: &[(&str, Paths, Option<(&str, Paths)>)] = &[
    ("deviceEvidence", DEVICE, None),
    ("userEvidence", ACCOUNT, None),
    ("mailboxEvidence", ACCOUNT, Some(("", &[("AccountUpn", "upn"), ("AccountUpn", "primaryAddress")]))),
    ("mailboxConfigurationEvidence", &[("AccountUpn", "upn"), ("AccountObjectId", "externalDirectoryObjectId")], None),
    ("fileEvidence", FILE, None),
    (
        "processEvidence",
        &[
            ("ProcessCommandLine", "processCommandLine"),
            ("FileName", "imageFile.fileName"),
            ("FolderPath", "imageFile.filePath"),
            ("SHA1", "imageFile.sha1"),
            ("SHA256", "imageFile.sha256"),
            ("FileSize", "imageFile.fileSize"),
        ],
        Some(("", ACCOUNT)),
    ),
    ("fileHashEvidence", &[], None),
    ("ipEvidence", &[("RemoteIP", "ipAddress")], None),
    ("urlEvidence", &[("RemoteUrl", "url")], None),
    ("dnsEvidence", &[("RemoteUrl", "domainName")], None),
    ("analyzedMessageEvidence", &[("NetworkMessageId", "networkMessageId"), ("EmailSubject", "subject")], None),
    ("submissionMailEvidence", &[("NetworkMessageId", "networkMessageId"), ("EmailSubject", "subject")], None),
    ("malwareEvidence", &[("ThreatFamily", "name")], None),
    ("registryKeyEvidence", &[("RegistryKey", "registryKey")], None),
    (
        "registryValueEvidence",
        &[
            ("RegistryKey", "registryKey"),
            ("RegistryValueName", "registryValueName"),
            ("RegistryValueData", "registryValue"),
        ],
        None,
    ),
    ("cloudApplicationEvidence", &[("Application", "displayName"), ("ApplicationId", "appId")], None),
    ("oauthApplicationEvidence", &[("Application", "displayName"), ("OAuthApplicationId", "appId")], None),
    ("servicePrincipalEvidence", &[("Application", "servicePrincipalName"), ("OAuthApplicationId", "appId")], None),
    ("azureResourceEvidence", AZURE, None),
    (
        "amazonResourceEvidence",
        &[
            ("CloudResource", "resourceName"),
            ("ResourceType", "resourceType"),
            ("ResourceID", "amazonResourceId"),
            ("SubscriptionId", "amazonAccountId"),
        ],
        None,
    ),
    (
        "googleCloudResourceEvidence",
        &[
            ("CloudResource", "resourceName"),
            ("ResourceType", "resourceType"),
            ("ResourceID", "fullResourceName"),
            ("SubscriptionId", "projectId"),
        ],
        None,
    ),
    ("blobEvidence", &[("FileName", "name"), ("RemoteUrl", "url")], Some(("blobContainer.storageResource", AZURE))),
    ("blobContainerEvidence", &[("RemoteUrl", "url")], Some(("storageResource", AZURE))),
    ("sasTokenEvidence", &[], Some(("storageResource", AZURE))),
    ("kubernetesClusterEvidence", &[], Some(("cloudResource", AZURE))),
    ("securityGroupEvidence", &[("AccountName", "displayName"), ("AccountSid", "sid")], None),
    ("activeDirectoryDomainEvidence", &[("AccountDomain", "activeDirectoryDomainName")], None),
    (
        "ioTDeviceEvidence",
        &[("DeviceId", "deviceId"), ("DeviceName", "deviceName"), ("LocalIP", "ipAddress.ipAddress")],
        Some(("ioTHub", AZURE)),
    ),
    ("nicEvidence", &[("LocalIP", "ipAddress.ipAddress")], None),
    ("hostLogonSessionEvidence", DEVICE, Some(("account", ACCOUNT))),
    ("cloudLogonSessionEvidence", &[], Some(("account", ACCOUNT))),
];

/// Fills the columns of the type.
pub(super) fn fill(kind: &str, evidence: &Value, columns: &mut Columns) {
    let name = format!("{kind}Evidence");
    let Some((_, own, inner)) = TYPES.iter().find(|(n, ..)| n.eq_ignore_ascii_case(&name)) else { return };
    let outer = if kind == "hostLogonSession" { at(evidence, "host") } else { Some(evidence) };
    outer.into_iter().for_each(|object| fill_from(object, own, columns));
    if let Some((path, paths)) = inner {
        let object = if path.is_empty() { Some(evidence) } else { at(evidence, path) };
        object.into_iter().for_each(|object| fill_from(object, paths, columns));
    }
    match kind {
        "fileHash" => hash(evidence, columns),
        "registryKey" | "registryValue" => whole_key(evidence, columns),
        _ => {}
    }
    platform(kind, columns);
}

/// Fills what is not filled yet.
pub(super) fn fill_from(object: &Value, paths: Paths, columns: &mut Columns) {
    for (column, path) in paths {
        if columns.0.contains_key(*column) {
            continue;
        }
        match *column {
            "FileSize" => columns.json(column, whole_at(object, path).into()),
            "ApplicationId" => columns.json(column, whole_at(object, path).and_then(|n| i32::try_from(n).ok()).into()),
            "SHA1" | "SHA256" | "DeviceName" => columns.text(column, text_at(object, path).map(|t| t.to_lowercase())),
            _ => columns.text(column, text_at(object, path)),
        }
    }
}

fn hash(evidence: &Value, columns: &mut Columns) {
    let column = match text_at(evidence, "algorithm").unwrap_or_default().to_ascii_lowercase().as_str() {
        "sha1" => "SHA1",
        "sha256" => "SHA256",
        _ => return,
    };
    columns.text(column, text_at(evidence, "value").map(|v| v.to_lowercase()));
}

/// The tables write the hive before the key; Graph has it apart.
fn whole_key(evidence: &Value, columns: &mut Columns) {
    let (Some(hive), Some(key)) = (text_at(evidence, "registryHive"), text_at(evidence, "registryKey")) else { return };
    if !key.to_lowercase().starts_with(&hive.to_lowercase()) {
        columns.text("RegistryKey", Some(format!("{}\\{}", hive.trim_end_matches('\\'), key.trim_start_matches('\\'))));
    }
}

/// The cloud that a resource is in, and the subscription that an address in Azure names.
fn platform(kind: &str, columns: &mut Columns) {
    let cloud = match kind {
        "amazonResource" => "Amazon Web Services",
        "googleCloudResource" => "Google Cloud Platform",
        _ => "Azure",
    };
    let Some(id) = columns.0.get("ResourceID").and_then(Value::as_str) else { return };
    let mut parts = id.split('/').skip_while(|p| !p.eq_ignore_ascii_case("subscriptions"));
    let subscription = parts.nth(1).map(str::to_owned).filter(|_| cloud == "Azure");
    columns.text("CloudPlatform", Some(cloud));
    columns.text("SubscriptionId", subscription);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_has_its_hive_and_a_hash_its_column() {
        let mut columns = Columns::default();
        fill("registryKey", &json!({"registryHive": "HKEY_LOCAL_MACHINE", "registryKey": "SOFTWARE\\X"}), &mut columns);
        fill("fileHash", &json!({"algorithm": "sha1", "value": "ABCD"}), &mut columns);
        assert_eq!(columns.0["RegistryKey"], "HKEY_LOCAL_MACHINE\\SOFTWARE\\X");
        assert_eq!(columns.0["SHA1"], "abcd");
    }

    #[test]
    fn an_application_id_that_does_not_fit_is_left_out() {
        let mut columns = Columns::default();
        fill("cloudApplication", &json!({"appId": 3_000_000_000_i64, "displayName": "X"}), &mut columns);
        assert_eq!((columns.0.get("ApplicationId"), columns.0.len()), (None, 1));
    }
}
