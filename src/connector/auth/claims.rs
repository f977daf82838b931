//! What a token says about whoever holds it. The signature is the service's to check; here the text is read only to be told.
//!
//! In: a token. Out: its claims. Never: the token.

use crate::value::datetime::{self, TICKS_PER_SECOND};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The claims of a token of Microsoft Entra, as far as they say who and what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The app's client id (`appid`, `azp`).
    pub app_id: Option<String>,
    /// The app's name (`app_displayname`).
    pub app_name: Option<String>,
    /// The user's principal name (`upn`, `preferred_username`, `unique_name`); an app that acts for itself has none.
    pub user: Option<String>,
    /// The id in the directory (`oid`).
    pub object_id: Option<String>,
    /// The tenant's id (`tid`).
    pub tenant: Option<String>,
    /// Whom the token is for (`aud`).
    pub audience: Option<String>,
    /// Its end (`exp`), in ticks.
    pub expires: Option<i64>,
    /// Application permissions (`roles`).
    pub roles: Vec<String>,
    /// Delegated permissions (`scp`).
    pub scopes: Vec<String>,
}

impl Claims {
    /// Reads a token; `None` when it is no JSON Web Token, and only the service knows what it says.
    pub(in crate::connector) fn read(token: &str) -> Option<Claims> {
        let mut parts = token.split('.');
        let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
        let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()?;
        let text = |names: &[&str]| names.iter().find_map(|n| json.get(n)?.as_str()).map(str::to_owned);
        let roles = json.get("roles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let seconds = json.get("exp").and_then(Value::as_i64);
        json.is_object().then(|| Claims {
            app_id: text(&["appid", "azp"]),
            app_name: text(&["app_displayname"]),
            user: text(&["upn", "preferred_username", "unique_name"]),
            object_id: text(&["oid"]),
            tenant: text(&["tid"]),
            audience: text(&["aud"]),
            expires: seconds
                .and_then(|s| s.checked_mul(TICKS_PER_SECOND)?.checked_add(datetime::UNIX_EPOCH))
                .and_then(datetime::checked),
            roles: roles.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            scopes: text(&["scp"]).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_who_and_what() {
        let claims = json!({"appid": "a", "tid": "t", "oid": "o", "exp": 1_700_000_000, "roles": ["R"], "scp": "x y"});
        let token = format!("e30.{}.s", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let read = Claims::read(&token).unwrap();
        assert_eq!((read.app_id.as_deref(), read.tenant.as_deref()), (Some("a"), Some("t")));
        assert_eq!((read.roles, read.scopes), (vec!["R".to_owned()], vec!["x".to_owned(), "y".to_owned()]));
        assert_eq!(read.expires.map(datetime::format).unwrap(), "2023-11-14T22:13:20.0000000Z");
        for opaque in ["", "name:API-huntline", "a.b.c", "e30.W10.s"] {
            assert_eq!(Claims::read(opaque), None, "{opaque}");
        }
    }
}
