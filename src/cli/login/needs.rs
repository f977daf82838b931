//! What huntline needs of each service, and where an administrator grants it.
//!
//! In: what a token says, what it is for, and where rows are pulled from. Out: the permissions that it lacks.

use super::args::Use;
use crate::config::{AuthMethod, PullSource};
use crate::connector::{Api, Claims};
use serde::Serialize;

/// A permission in a token.
struct Need {
    permission: &'static str,
    /// Others that include it.
    included: &'static [&'static str],
    purpose: &'static str,
    of: Use,
}

/// Graph's permissions.
const GRAPH: [Need; 3] = [
    Need { permission: "ThreatHunting.Read.All", included: &[], purpose: "mirror pull", of: Use::Pull },
    Need {
        permission: "SecurityIncident.Read.All",
        included: &["SecurityIncident.ReadWrite.All"],
        purpose: "sync plan",
        of: Use::Sync,
    },
    Need { permission: "SecurityIncident.ReadWrite.All", included: &[], purpose: "sync apply", of: Use::Sync },
];
/// Those of Defender's older API. A user's token has the shorter name.
const DEFENDER: [Need; 1] = [Need {
    permission: "AdvancedHunting.Read.All",
    included: &["AdvancedHunting.Read"],
    purpose: "mirror pull by Defender's older API",
    of: Use::Pull,
}];

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The permission, or the role of Azure.
    pub permission: String,
    /// What it is for.
    pub purpose: String,
    /// Where it is granted.
    pub grant: String,
}

/// The permissions that a token lacks. Graph need not let anybody hunt who pulls from elsewhere.
pub fn missing(api: Api, claims: &Claims, uses: &[Use], source: PullSource, method: AuthMethod) -> Vec<Missing> {
    let needs: &[Need] = match api {
        Api::Graph => &GRAPH,
        Api::Defender => &DEFENDER,
        // Roles of Azure are in no token.
        Api::Arm | Api::LogAnalytics => &[],
    };
    let elsewhere = api == Api::Graph && source != PullSource::Graph;
    let granted = |name: &str| claims.roles.iter().chain(&claims.scopes).any(|g| g.eq_ignore_ascii_case(name));
    needs
        .iter()
        .filter(|need| uses.contains(&need.of) && !(elsewhere && need.of == Use::Pull))
        .filter(|need| !granted(need.permission) && !need.included.iter().any(|name| granted(name)))
        .map(|need| Missing {
            permission: need.permission.to_owned(),
            purpose: need.purpose.to_owned(),
            grant: grant(api, need.permission, claims, method),
        })
        .collect()
}

/// The role of Azure without which the service refused a read.
pub fn missing_role(api: Api) -> Missing {
    let (role, purpose) = match api {
        Api::LogAnalytics => ("Log Analytics Reader", "asking the workspace"),
        _ => ("Microsoft Sentinel Reader (to write as well: Microsoft Sentinel Responder)", "incidents of Sentinel"),
    };
    Missing {
        permission: role.to_owned(),
        purpose: purpose.to_owned(),
        grant: "Azure portal > the workspace > Access control (IAM) > Add role assignment".to_owned(),
    }
}

fn grant(api: Api, permission: &str, claims: &Claims, method: AuthMethod) -> String {
    let name = match api {
        Api::Defender => "Microsoft Threat Protection (below \"APIs my organization uses\")",
        _ => "Microsoft Graph",
    };
    if matches!(method, AuthMethod::ManagedIdentity) {
        return format!(
            "assign the app role `{permission}` of {name} to the managed identity: `New-MgServicePrincipalAppRoleAssignment`, the \
             portal has no page for it"
        );
    }
    if claims.user.is_some() {
        return format!(
            "developer tools get no such permission for a user: register an app, grant it `{permission}`, and set \
             `sync.auth.method` to `client_certificate` or `client_secret`"
        );
    }
    format!(
        "Microsoft Entra admin center > App registrations > the app > API permissions > Add a permission > {name} > \
         Application permissions > {permission}, then Grant admin consent"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(granted: &[&str], uses: &[Use]) -> Vec<String> {
        let claims = Claims { roles: granted.iter().map(|r| (*r).to_owned()).collect(), ..Claims::default() };
        let missing = missing(Api::Graph, &claims, uses, PullSource::Graph, AuthMethod::ClientSecret);
        missing.into_iter().map(|m| m.permission).collect()
    }

    #[test]
    fn what_is_missing_depends_on_the_use_and_more_includes_less() {
        assert_eq!(names(&[], &[Use::Pull]), ["ThreatHunting.Read.All"]);
        assert_eq!(
            names(&["SecurityIncident.Read.All"], &[Use::Pull, Use::Sync]),
            ["ThreatHunting.Read.All", "SecurityIncident.ReadWrite.All"]
        );
        assert!(
            names(&["threathunting.read.all", "SecurityIncident.ReadWrite.All"], &[Use::Pull, Use::Sync]).is_empty()
        );
        let user = Claims { scopes: vec!["AdvancedHunting.Read".to_owned()], ..Claims::default() };
        let (pull, defender) = (&[Use::Pull], PullSource::Defender);
        assert!(missing(Api::Defender, &user, pull, defender, AuthMethod::AzureCli).is_empty());
        assert!(missing(Api::Graph, &user, pull, defender, AuthMethod::AzureCli).is_empty(), "it pulls from elsewhere");
        assert_eq!(missing(Api::Graph, &user, pull, PullSource::Graph, AuthMethod::AzureCli).len(), 1);
    }
}
