//! SecurityAlert's Entities: a JSON text of the entities by Sentinel's names.
//!
//! In: Graph's evidence, or entities as ARM tells them. Out: a list of objects with `$id` and `Type`. Types that have no kind
//! in Sentinel keep Graph's name and properties. Source of the names: Microsoft's reference of Sentinel's entities.

use super::super::Entity;
use super::alert_evidence::kind;
use super::columns::{at, text_at};
use super::product::capital;
use serde_json::{Map, Value, json};

/// What a property is called in Entities, and its path in Graph's object.
type Names = &'static [(&'static str, &'static str)];

/// Graph's type, the entity's type, its properties.
const KINDS: &[(&str, &str, Names)] = &[
    (
        "device",
        "host",
        &[
            ("HostName", "hostName"),
            ("DnsDomain", "dnsDomain"),
            ("NTDomain", "ntDomain"),
            ("FQDN", "deviceDnsName"),
            ("MdatpDeviceId", "mdeDeviceId"),
            ("AadDeviceId", "azureAdDeviceId"),
            ("OSFamily", "osPlatform"),
            ("AzureID", "vmMetadata.resourceId"),
        ],
    ),
    (
        "user",
        "account",
        &[
            ("Name", "userAccount.accountName"),
            ("NTDomain", "userAccount.domainName"),
            ("UserPrincipalName", "userAccount.userPrincipalName"),
            ("Sid", "userAccount.userSid"),
            ("AadUserId", "userAccount.azureAdUserId"),
            ("DisplayName", "userAccount.displayName"),
        ],
    ),
    (
        "mailbox",
        "mailbox",
        &[("MailboxPrimaryAddress", "primaryAddress"), ("Upn", "upn"), ("DisplayName", "displayName")],
    ),
    ("ip", "ip", &[("Address", "ipAddress")]),
    ("url", "url", &[("Url", "url")]),
    ("dns", "dns", &[("DomainName", "domainName")]),
    ("fileHash", "filehash", &[("Algorithm", "algorithm"), ("Value", "value")]),
    ("malware", "malware", &[("Name", "name"), ("Category", "category")]),
    ("registryKey", "registry-key", &[("Hive", "registryHive"), ("Key", "registryKey")]),
    (
        "registryValue",
        "registry-value",
        &[
            ("Hive", "registryHive"),
            ("Key", "registryKey"),
            ("Name", "registryValueName"),
            ("Value", "registryValue"),
            ("ValueType", "registryValueType"),
        ],
    ),
    (
        "analyzedMessage",
        "mailMessage",
        &[
            ("NetworkMessageId", "networkMessageId"),
            ("InternetMessageId", "internetMessageId"),
            ("Subject", "subject"),
            ("Recipient", "recipientEmailAddress"),
            ("SenderIP", "senderIp"),
            ("P1Sender", "p1Sender.emailAddress"),
            ("P2Sender", "p2Sender.emailAddress"),
        ],
    ),
    ("mailCluster", "mailCluster", &[("Query", "query"), ("MailCount", "emailCount"), ("ClusterBy", "clusterBy")]),
    (
        "submissionMail",
        "SubmissionMail",
        &[
            ("SubmissionId", "submissionId"),
            ("NetworkMessageId", "networkMessageId"),
            ("Submitter", "submitter"),
            ("Recipient", "recipient"),
            ("Sender", "sender"),
            ("SenderIp", "senderIp"),
            ("Subject", "subject"),
        ],
    ),
    (
        "cloudApplication",
        "cloud-application",
        &[("AppId", "appId"), ("Name", "displayName"), ("InstanceName", "instanceName")],
    ),
    ("oauthApplication", "cloud-application", &[("OAuthAppId", "appId"), ("Name", "displayName")]),
    ("azureResource", "azure-resource", &[("ResourceId", "resourceId")]),
    (
        "securityGroup",
        "security-group",
        &[("DistinguishedName", "distinguishedName"), ("SID", "sid"), ("ObjectGuid", "activeDirectoryObjectGuid")],
    ),
    (
        "ioTDevice",
        "iotdevice",
        &[
            ("DeviceId", "deviceId"),
            ("DeviceName", "deviceName"),
            ("DeviceType", "deviceType"),
            ("MacAddress", "macAddress"),
        ],
    ),
];

/// The entities of an alert by its evidence; nothing for none.
pub(super) fn of_evidence(evidence: &[Value]) -> Option<String> {
    list(evidence.iter().map(|e| match kind(e) {
        "file" => file(at(e, "fileDetails").unwrap_or(e)),
        "process" => process(e),
        kind => match KINDS.iter().find(|(k, ..)| *k == kind) {
            Some((_, shown, names)) => named(shown, names, e),
            None => raw(kind, e.as_object()),
        },
    }))
}

/// The entities as Sentinel told them of an incident; nothing for none.
pub(super) fn of_sentinel(entities: &[Entity]) -> Option<String> {
    list(entities.iter().map(|e| raw(&e.kind, e.properties.as_object())))
}

/// Numbers the entities, as SecurityAlert does, and writes them as a text.
fn list(entities: impl Iterator<Item = Map<String, Value>>) -> Option<String> {
    let number = |(place, entity): (usize, Map<String, Value>)| {
        let mut out = Map::from_iter([("$id".to_owned(), Value::from((place + 1).to_string()))]);
        out.extend(entity);
        Value::Object(out)
    };
    let list: Vec<Value> = entities.enumerate().map(number).collect();
    (!list.is_empty()).then(|| Value::Array(list).to_string())
}

fn named(shown: &str, names: Names, object: &Value) -> Map<String, Value> {
    let values =
        names.iter().filter_map(|(name, path)| Some(((*name).to_owned(), Value::from(text_at(object, path)?))));
    values.chain([("Type".to_owned(), Value::from(shown))]).collect()
}

fn raw(kind: &str, properties: Option<&Map<String, Value>>) -> Map<String, Value> {
    let shown =
        KINDS.iter().find(|(_, s, _)| s.replace('-', "").eq_ignore_ascii_case(kind)).map(|(_, s, _)| (*s).to_owned());
    let mut entity: Map<String, Value> = properties.map_or_else(Map::new, |p| {
        p.iter().filter(|(n, _)| !n.starts_with('@')).map(|(name, value)| (capital(name), value.clone())).collect()
    });
    entity.insert("Type".to_owned(), shown.unwrap_or_else(|| kind.to_ascii_lowercase()).into());
    entity
}

fn file(details: &Value) -> Map<String, Value> {
    let mut entity =
        named("file", &[("Name", "fileName"), ("Directory", "filePath"), ("SizeInBytes", "fileSize")], details);
    let hash = |(name, path): &(&str, &str)| {
        Some(json!({"Algorithm": name, "Value": text_at(details, path)?.to_lowercase(), "Type": "filehash"}))
    };
    let hashes: Vec<Value> = [("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256")].iter().filter_map(hash).collect();
    if !hashes.is_empty() {
        entity.insert("FileHashes".to_owned(), hashes.into());
    }
    entity
}

fn process(evidence: &Value) -> Map<String, Value> {
    let names: Names = &[
        ("ProcessId", "processId"),
        ("CommandLine", "processCommandLine"),
        ("CreationTimeUtc", "processCreationDateTime"),
    ];
    let mut entity = named("process", names, evidence);
    if let Some(image) = at(evidence, "imageFile") {
        entity.insert("ImageFile".to_owned(), file(image).into());
    }
    if let Some(parent) = at(evidence, "parentProcessId") {
        let image = at(evidence, "parentProcessImageFile").map(file);
        entity.insert(
            "ParentProcess".to_owned(),
            json!({"ProcessId": parent.to_string().trim_matches('"'), "ImageFile": image, "Type": "process"}),
        );
    }
    entity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_takes_the_names_of_entities() {
        let evidence = [
            json!({"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "10.0.0.1"}),
            json!({"@odata.type": "#microsoft.graph.security.quantumEvidence", "spin": "up"}),
        ];
        let text = of_evidence(&evidence).unwrap();
        assert_eq!(text, r#"[{"$id":"1","Address":"10.0.0.1","Type":"ip"},{"$id":"2","Spin":"up","Type":"quantum"}]"#);
        assert_eq!(of_evidence(&[]), None);
    }

    #[test]
    fn entities_of_arm_take_the_types_of_the_table() {
        let entity: Entity =
            serde_json::from_value(json!({"kind": "RegistryKey", "properties": {"hive": "H"}})).unwrap();
        assert_eq!(of_sentinel(&[entity]).unwrap(), r#"[{"$id":"1","Hive":"H","Type":"registry-key"}]"#);
    }
}
