//! How the tables spell what Graph names by enumerations: products, detections, severities, states.
//!
//! In: Graph's wire names. Out: the tables' texts; a name that is not listed here comes back as it is. Sources: Graph's CSDL for
//! the names; for the tables' texts Microsoft's pages on AlertInfo, AlertEvidence and SecurityAlert and rows of streams.

/// Graph's `serviceSource`, its display name in the tables, and the provider's code in SecurityAlert.
const SERVICES: &[(&str, &str, &str)] = &[
    ("microsoftDefenderForEndpoint", "Microsoft Defender for Endpoint", "MDATP"),
    ("microsoftDefenderForIdentity", "Microsoft Defender for Identity", "Azure Advanced Threat Protection"),
    ("microsoftDefenderForOffice365", "Microsoft Defender for Office 365", "OATP"),
    ("microsoftDefenderForCloudApps", "Microsoft Defender for Cloud Apps", "MCAS"),
    ("microsoftCloudAppSecurity", "Microsoft Cloud App Security", "MCAS"),
    ("microsoft365Defender", "Microsoft Defender XDR", "Microsoft Defender XDR"),
    ("azureAdIdentityProtection", "AAD Identity Protection", "IPC"),
    ("microsoftAppGovernance", "App Governance", "App Governance"),
    ("dataLossPrevention", "Microsoft Data Loss Prevention", "Microsoft Data Loss Prevention"),
    ("microsoftDefenderForCloud", "Microsoft Defender for Cloud", "Azure Security Center"),
    ("microsoftSentinel", "Microsoft Sentinel", "ASI Scheduled Alerts"),
    ("microsoftInsiderRiskManagement", "Microsoft Insider Risk Management", "Microsoft Insider Risk Management"),
    ("microsoftThreatIntelligence", "Microsoft Threat Intelligence", "Microsoft Threat Intelligence"),
    ("microsoftSecurityForAI", "Microsoft Security for AI", "Microsoft Security for AI"),
];

/// Graph's `detectionSource` and its display name in the tables.
const DETECTIONS: &[(&str, &str)] = &[
    ("microsoftDefenderForEndpoint", "EDR"),
    ("antivirus", "Antivirus"),
    ("smartScreen", "SmartScreen"),
    ("customTi", "Custom TI"),
    ("microsoftDefenderForOffice365", "Microsoft Defender for Office 365"),
    ("automatedInvestigation", "Automated investigation"),
    ("microsoftThreatExperts", "Microsoft Threat Experts"),
    ("customDetection", "Custom detection"),
    ("microsoftDefenderForIdentity", "Microsoft Defender for Identity"),
    ("cloudAppSecurity", "Cloud App Security"),
    ("microsoft365Defender", "Microsoft Defender XDR"),
    ("azureAdIdentityProtection", "AAD Identity Protection"),
    ("manual", "Manual"),
    ("microsoftDataLossPrevention", "Microsoft Data Loss Prevention"),
    ("appGovernancePolicy", "App Governance Policy"),
    ("appGovernanceDetection", "App Governance Detection"),
    ("microsoftDefenderForCloud", "Microsoft Defender for Cloud"),
    ("microsoftDefenderForIoT", "Microsoft Defender for IoT"),
    ("microsoftDefenderForServers", "Microsoft Defender for Servers"),
    ("microsoftDefenderForStorage", "Microsoft Defender for Storage"),
    ("microsoftDefenderForDNS", "Microsoft Defender for DNS"),
    ("microsoftDefenderForDatabases", "Microsoft Defender for Databases"),
    ("microsoftDefenderForContainers", "Microsoft Defender for Containers"),
    ("microsoftDefenderForNetwork", "Microsoft Defender for Network"),
    ("microsoftDefenderForAppService", "Microsoft Defender for App Service"),
    ("microsoftDefenderForKeyVault", "Microsoft Defender for Key Vault"),
    ("microsoftDefenderForResourceManager", "Microsoft Defender for Resource Manager"),
    ("microsoftDefenderForApiManagement", "Microsoft Defender for API Management"),
    ("nrtAlerts", "NRT Alerts"),
    ("scheduledAlerts", "Scheduled Alerts"),
    ("microsoftDefenderThreatIntelligenceAnalytics", "Microsoft Defender Threat Intelligence Analytics"),
    ("builtInMl", "Built-in ML"),
    ("microsoftInsiderRiskManagement", "Microsoft Insider Risk Management"),
    ("microsoftThreatIntelligence", "Microsoft Threat Intelligence"),
    ("microsoftDefenderForAIServices", "Microsoft Defender for AI Services"),
    ("securityCopilot", "Security Copilot"),
    ("microsoftSentinel", "Microsoft Sentinel"),
];

/// ARM's tactics; Defender's categories hold these and some that are no tactics.
const TACTICS: &[&str] = &[
    "Reconnaissance",
    "ResourceDevelopment",
    "InitialAccess",
    "Execution",
    "Persistence",
    "PrivilegeEscalation",
    "DefenseEvasion",
    "CredentialAccess",
    "Discovery",
    "LateralMovement",
    "Collection",
    "Exfiltration",
    "CommandAndControl",
    "Impact",
    "PreAttack",
    "ImpairProcessControl",
    "InhibitResponseFunction",
];

/// The product's display name for a `serviceSource`.
pub(super) fn service(name: &str) -> &str {
    SERVICES.iter().find(|(n, ..)| n.eq_ignore_ascii_case(name)).map_or(name, |(_, shown, _)| shown)
}

/// SecurityAlert's provider for a `serviceSource`; Sentinel's own alerts tell the kind of their rule.
pub(super) fn provider<'a>(name: &'a str, detection: Option<&str>) -> &'a str {
    if detection.is_some_and(|d| d.eq_ignore_ascii_case("nrtAlerts")) {
        return "ASI NRT Alerts";
    }
    SERVICES.iter().find(|(n, ..)| n.eq_ignore_ascii_case(name)).map_or(name, |(.., code)| code)
}

/// The display name of a `detectionSource`.
pub(super) fn detection(name: &str) -> &str {
    DETECTIONS.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or(name, |(_, shown)| shown)
}

/// The tactic that a category is; `None` where it is none.
pub(super) fn tactic(category: &str) -> Option<&'static str> {
    TACTICS.iter().find(|t| t.eq_ignore_ascii_case(category)).copied()
}

/// Graph's name of a severity or of an alert's state as the tables spell it: its first letter is a capital.
pub(super) fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_listed_come_back() {
        assert_eq!(service("MicrosoftDefenderForOffice365"), "Microsoft Defender for Office 365");
        assert_eq!((service("someNewThing"), detection("x")), ("someNewThing", "x"));
        assert_eq!(provider("microsoftSentinel", Some("nrtAlerts")), "ASI NRT Alerts");
        assert_eq!((tactic("Malware"), tactic("execution")), (None, Some("Execution")));
        assert_eq!((capital("inProgress"), capital("")), ("InProgress".to_owned(), String::new()));
    }
}
