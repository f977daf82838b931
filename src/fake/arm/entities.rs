//! Evidence as Sentinel's entities. Kinds of evidence that Sentinel has no kind for are left out, as there.

use super::super::wire::Object;
use serde_json::{Map, Value as Json, json};

/// The entity of a piece of evidence: kind, and properties without those that are missing.
pub(super) fn entity(evidence: &Json) -> Option<(&'static str, Object)> {
    let kind = evidence.get("@odata.type")?.as_str()?.rsplit('.').next()?;
    let at = |path: &str| evidence.pointer(path).cloned().unwrap_or(Json::Null);
    let text = |path: &str| evidence.pointer(path).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (kind, friendly, props) = match kind {
        "deviceEvidence" => {
            let os = text("/osPlatform");
            let family = if os.starts_with("Windows") {
                "Windows"
            } else if os.contains("inux") {
                "Linux"
            } else {
                "Unknown"
            };
            let props = json!({"hostName": at("/hostName"), "dnsDomain": at("/dnsDomain"), "ntDomain": at("/ntDomain"),
                "netBiosName": at("/hostName"), "osFamily": family, "osVersion": at("/version")});
            ("Host", text("/hostName"), props)
        }
        "userEvidence" => ("Account", text("/userAccount/accountName"), account(evidence, "/userAccount")),
        "mailboxEvidence" => {
            let id = at("/userAccount/azureAdUserId");
            let props = json!({"mailboxPrimaryAddress": at("/primaryAddress"), "displayName": at("/displayName"),
                "upn": at("/upn"), "externalDirectoryObjectId": id});
            ("Mailbox", text("/primaryAddress"), props)
        }
        "fileEvidence" => {
            let props = json!({"fileName": at("/fileDetails/fileName"), "directory": at("/fileDetails/filePath")});
            ("File", text("/fileDetails/fileName"), props)
        }
        "fileHashEvidence" => ("FileHash", text("/value"), json!({"algorithm": "SHA256", "hashValue": at("/value")})),
        "processEvidence" => {
            let pid = evidence.get("processId").filter(|p| !p.is_null()).map(|p| p.to_string());
            let props = json!({"processId": pid, "commandLine": at("/processCommandLine"),
                "creationTimeUtc": at("/processCreationDateTime")});
            ("Process", text("/imageFile/fileName"), props)
        }
        "ipEvidence" => ("Ip", text("/ipAddress"), json!({"address": at("/ipAddress")})),
        "urlEvidence" => ("Url", text("/url"), json!({"url": at("/url")})),
        "analyzedMessageEvidence" => {
            let props = json!({"recipient": at("/recipientEmailAddress"), "subject": at("/subject"),
                "senderIP": at("/senderIp"), "p1Sender": at("/p1Sender/emailAddress"),
                "p2Sender": at("/p2Sender/emailAddress"), "networkMessageId": at("/networkMessageId"),
                "internetMessageId": at("/internetMessageId"), "receiveDate": at("/receivedDateTime"),
                "urls": at("/urls"), "threats": at("/threats")});
            ("MailMessage", text("/subject"), props)
        }
        "registryKeyEvidence" => {
            let props = json!({"hive": at("/registryHive"), "key": at("/registryKey")});
            ("RegistryKey", text("/registryKey"), props)
        }
        "registryValueEvidence" => {
            let props = json!({"valueName": at("/registryValueName"), "valueData": at("/registryValue"),
                "valueType": "String"});
            ("RegistryValue", text("/registryValueName"), props)
        }
        "cloudApplicationEvidence" | "oauthApplicationEvidence" => {
            let id = evidence.get("appId").filter(|a| a.is_number()).cloned().unwrap_or(Json::Null);
            let props = json!({"appId": id, "appName": at("/displayName"), "instanceName": at("/instanceName")});
            ("CloudApplication", text("/displayName"), props)
        }
        "securityGroupEvidence" => {
            let props = json!({"distinguishedName": at("/distinguishedName"), "sid": at("/sid")});
            ("SecurityGroup", text("/displayName"), props)
        }
        _ => return None,
    };
    let mut props = present(props);
    props.insert("friendlyName".into(), friendly.into());
    Some((kind, props))
}

fn account(evidence: &Json, path: &str) -> Json {
    let account = evidence.pointer(path);
    let at = |name: &str| account.and_then(|a| a.get(name)).cloned().unwrap_or(Json::Null);
    let upn = at("userPrincipalName");
    let suffix = upn.as_str().and_then(|u| u.split_once('@')).map(|(_, s)| s.to_owned());
    json!({"accountName": at("accountName"), "upnSuffix": suffix, "ntDomain": at("domainName"), "sid": at("userSid"),
        "aadUserId": at("azureAdUserId"), "displayName": at("displayName"),
        "isDomainJoined": !at("domainName").is_null()})
}

fn present(props: Json) -> Map<String, Json> {
    match props {
        Json::Object(map) => map.into_iter().filter(|(_, v)| !v.is_null()).collect(),
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_has_its_kind_or_none() {
        let user = json!({"@odata.type": "#microsoft.graph.security.userEvidence",
            "userAccount": {"accountName": "ann", "userPrincipalName": "ann@contoso.com"}});
        let (kind, props) = entity(&user).expect("an entity");
        assert_eq!(
            (kind, &props["upnSuffix"], &props["friendlyName"]),
            ("Account", &json!("contoso.com"), &json!("ann"))
        );
        assert!(!props.contains_key("sid"), "missing stays missing");
        assert!(entity(&json!({"@odata.type": "#microsoft.graph.security.nicEvidence"})).is_none());
    }
}
