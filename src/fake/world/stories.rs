//! What happens: incidents with the alerts that make them, from all five products.

/// A kind of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clue {
    /// A device.
    Device,
    /// A user.
    User,
    /// A process.
    Process,
    /// A file.
    File,
    /// An address.
    Ip,
    /// A URL.
    Url,
    /// A mailbox.
    Mailbox,
    /// A mail message.
    Message,
    /// A cloud application.
    App,
    /// An OAuth application.
    Oauth,
    /// A registry value.
    Registry,
    /// A group.
    Group,
}

/// An alert of a story.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat {
    /// Its title.
    pub title: &'static str,
    /// Graph's `serviceSource`.
    pub service: &'static str,
    /// Graph's `detectionSource`.
    pub detection: &'static str,
    /// The category.
    pub category: &'static str,
    /// The MITRE technique.
    pub technique: &'static str,
    /// Graph's severity.
    pub severity: &'static str,
    /// The evidence.
    pub clues: &'static [Clue],
}

/// A story. `{host}` and `{user}` in its title are replaced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    /// The incident's name.
    pub title: &'static str,
    /// Its alerts, in order.
    pub beats: &'static [Beat],
}

const MDE: &str = "microsoftDefenderForEndpoint";
const MDI: &str = "microsoftDefenderForIdentity";
const MDO: &str = "microsoftDefenderForOffice365";
const MDA: &str = "microsoftDefenderForCloudApps";
const XDR: &str = "microsoft365Defender";

const fn beat(
    title: &'static str,
    service: &'static str,
    detection: &'static str,
    what: (&'static str, &'static str, &'static str),
    clues: &'static [Clue],
) -> Beat {
    Beat { title, service, detection, category: what.0, technique: what.1, severity: what.2, clues }
}

/// The stories that Defender tells.
pub(super) const STORIES: &[Story] = &[
    Story {
        title: "Multi-stage incident involving Initial access & Credential access on {host}",
        beats: &[
            beat(
                "Email messages containing malicious URL removed after delivery",
                MDO,
                MDO,
                ("InitialAccess", "T1566.002", "informational"),
                &[Clue::Message, Clue::Mailbox, Clue::Url],
            ),
            beat(
                "Suspicious PowerShell command line",
                MDE,
                MDE,
                ("Execution", "T1059.001", "medium"),
                &[Clue::Device, Clue::User, Clue::Process],
            ),
            beat(
                "Sensitive credential memory read",
                MDE,
                MDE,
                ("CredentialAccess", "T1003.001", "high"),
                &[Clue::Device, Clue::Process, Clue::File],
            ),
        ],
    },
    Story {
        title: "Ransomware activity on {host}",
        beats: &[
            beat(
                "File backups were deleted",
                MDE,
                MDE,
                ("Impact", "T1490", "high"),
                &[Clue::Device, Clue::User, Clue::Process],
            ),
            beat(
                "Possible ransomware activity",
                MDE,
                "antivirus",
                ("Impact", "T1486", "high"),
                &[Clue::Device, Clue::File],
            ),
        ],
    },
    Story {
        title: "Suspected DCSync attack by {user}",
        beats: &[
            beat(
                "Suspected DCSync attack (replication of directory services)",
                MDI,
                MDI,
                ("CredentialAccess", "T1003.006", "high"),
                &[Clue::Device, Clue::User, Clue::Ip],
            ),
            beat(
                "Suspicious additions to sensitive groups",
                MDI,
                MDI,
                ("Persistence", "T1098", "medium"),
                &[Clue::User, Clue::Group],
            ),
        ],
    },
    Story {
        title: "Password spray involving {user}",
        beats: &[
            beat(
                "Password spray",
                XDR,
                "azureAdIdentityProtection",
                ("CredentialAccess", "T1110.003", "high"),
                &[Clue::User, Clue::Ip],
            ),
            beat(
                "Atypical travel",
                XDR,
                "azureAdIdentityProtection",
                ("InitialAccess", "T1078.004", "medium"),
                &[Clue::User, Clue::Ip],
            ),
        ],
    },
    Story {
        title: "Phish delivered and clicked, reported by {user}",
        beats: &[
            beat(
                "A potentially malicious URL click was detected",
                MDO,
                MDO,
                ("InitialAccess", "T1566.002", "high"),
                &[Clue::Message, Clue::User, Clue::Url],
            ),
            beat(
                "Email reported by user as malware or phish",
                MDO,
                MDO,
                ("InitialAccess", "T1566", "low"),
                &[Clue::Message, Clue::Mailbox],
            ),
        ],
    },
    Story {
        title: "Suspicious inbox manipulation rule of {user}",
        beats: &[
            beat(
                "Suspicious inbox manipulation rule",
                MDA,
                "cloudAppSecurity",
                ("DefenseEvasion", "T1564.008", "medium"),
                &[Clue::User, Clue::Mailbox, Clue::App, Clue::Ip],
            ),
            beat(
                "BEC financial fraud",
                XDR,
                XDR,
                ("Collection", "T1114.003", "high"),
                &[Clue::User, Clue::Mailbox, Clue::Message],
            ),
        ],
    },
    Story {
        title: "Mass download by {user}",
        beats: &[beat(
            "Mass download",
            MDA,
            "cloudAppSecurity",
            ("Exfiltration", "T1530", "medium"),
            &[Clue::User, Clue::App, Clue::Ip],
        )],
    },
    Story {
        title: "Unusual addition of credentials to an OAuth app",
        beats: &[beat(
            "Unusual addition of credentials to an OAuth app",
            MDA,
            "cloudAppSecurity",
            ("Persistence", "T1098.001", "medium"),
            &[Clue::User, Clue::Oauth, Clue::Ip],
        )],
    },
    Story {
        title: "Lateral movement from {host}",
        beats: &[
            beat(
                "Suspicious remote session",
                MDE,
                MDE,
                ("LateralMovement", "T1021.006", "medium"),
                &[Clue::Device, Clue::User, Clue::Ip],
            ),
            beat(
                "Suspected identity theft (pass-the-ticket)",
                MDI,
                MDI,
                ("LateralMovement", "T1550.003", "high"),
                &[Clue::Device, Clue::User],
            ),
            beat(
                "Anomalous service created",
                MDE,
                MDE,
                ("Persistence", "T1543.003", "medium"),
                &[Clue::Device, Clue::Process, Clue::Registry],
            ),
        ],
    },
    Story {
        title: "Malware was prevented on {host}",
        beats: &[beat(
            "'Wacatac' malware was prevented",
            MDE,
            "antivirus",
            ("Malware", "T1204.002", "informational"),
            &[Clue::Device, Clue::File],
        )],
    },
    Story {
        title: "Unwanted software on {host}",
        beats: &[beat(
            "'InstallCore' unwanted software was detected",
            MDE,
            "antivirus",
            ("UnwantedSoftware", "T1204.002", "low"),
            &[Clue::Device, Clue::File, Clue::User],
        )],
    },
    Story {
        title: "Connection to a command-and-control address from {host}",
        beats: &[
            beat(
                "Suspicious network connection by a built-in tool",
                MDE,
                "customDetection",
                ("CommandAndControl", "T1105", "medium"),
                &[Clue::Device, Clue::Process, Clue::Ip, Clue::Url],
            ),
            beat(
                "Human-operated attack may be in progress",
                XDR,
                XDR,
                ("CommandAndControl", "T1071.001", "high"),
                &[Clue::Device, Clue::User, Clue::Ip],
            ),
        ],
    },
];

/// Incidents of Sentinel's own analytics rules: name, severity, tactic, technique.
pub(super) const RULES: &[(&str, &str, &str, &str)] = &[
    ("Firewall traffic to a rare country", "Medium", "CommandAndControl", "T1071"),
    ("Sign-in from a new country for a privileged account", "High", "InitialAccess", "T1078"),
    ("Many failed SSH logons followed by a success", "High", "CredentialAccess", "T1110"),
    ("Unusual volume of DNS queries", "Low", "Exfiltration", "T1048"),
    ("Log source has stopped sending", "Informational", "DefenseEvasion", "T1562.008"),
];
