//! Functions that advanced hunting and Sentinel add to the language.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::function(
        "FileProfile",
        &["T | invoke FileProfile([column [, limit]])"],
        "Columns about the file of a hash: size, signer, prevalence, threat.",
    )
    .remarks(
        "The column is `SHA1` unless named. A table `FileProfiles` that was brought answers; \
         else the mirror's own devices do, with a warning.",
    )
    .examples(&[Example::new(
        "print SHA1 = '' | invoke FileProfile(SHA1) | project ProfileAvailability",
        "print ProfileAvailability = ''",
    )]),
    Operator::function("SeenBy", &["T | invoke SeenBy()"], "A column of the devices that have seen a device.")
        .remarks("A table `DeviceSeenBy` that was brought answers; without one it is refused."),
    Operator::function(
        "DeviceFromIP",
        &["T | invoke DeviceFromIP([time])"],
        "The devices that had an address, by their last report before a time.",
    )
    .remarks("The table has a column `IP`. `DeviceNetworkInfo` of the mirror answers.")
    .examples(&[Example::new(
        "print IP = '192.0.2.1' | invoke DeviceFromIP() | where false | count",
        "print Count = 0",
    )]),
    Operator::function(
        "AssignedIPAddresses",
        &["AssignedIPAddresses(device [, time])"],
        "The addresses of a device, by its last report before a time.",
    )
    .remarks("The device is told by its id or name. `DeviceNetworkInfo` of the mirror answers.")
    .examples(&[Example::new("AssignedIPAddresses('pc1') | where false | count", "print Count = 0")]),
    Operator::function("_GetWatchlist", &["_GetWatchlist('alias' [, keys])"], "The rows of a watchlist.")
        .remarks("A file `watchlists/alias.csv` of the mirror holds them."),
    Operator::function("_GetWatchlistAlias", &["_GetWatchlistAlias"], "The aliases of all watchlists.")
        .remarks("They are the files in `watchlists` of the mirror.")
        .examples(&[Example::new("_GetWatchlistAlias | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_AuditEvent",
        &["_Im_AuditEvent([parameter = value, ...])"],
        "Changes of settings, in the columns of ASIM.",
    )
    .aliases(&["_ASim_AuditEvent", "imAuditEvent", "ASimAuditEvent"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_AuditEvent | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_Authentication",
        &["_Im_Authentication([parameter = value, ...])"],
        "Sign-ins, in the columns of ASIM.",
    )
    .aliases(&["_ASim_Authentication", "imAuthentication", "ASimAuthentication"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_Authentication | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_DhcpEvent",
        &["_Im_DhcpEvent([parameter = value, ...])"],
        "Leases of addresses, in the columns of ASIM.",
    )
    .aliases(&["_ASim_DhcpEvent", "imDhcpEvent", "ASimDhcpEvent"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_DhcpEvent | where false | count", "print Count = 0")]),
    Operator::function("_Im_Dns", &["_Im_Dns([parameter = value, ...])"], "Queries of names, in the columns of ASIM.")
        .aliases(&["_ASim_Dns", "imDns", "ASimDns"])
        .remarks(
            "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
        )
        .examples(&[Example::new("_Im_Dns | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_FileEvent",
        &["_Im_FileEvent([parameter = value, ...])"],
        "Files made, changed and deleted, in the columns of ASIM.",
    )
    .aliases(&["_ASim_FileEvent", "imFileEvent", "ASimFileEvent"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_FileEvent | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_NetworkSession",
        &["_Im_NetworkSession([parameter = value, ...])"],
        "Connections, in the columns of ASIM.",
    )
    .aliases(&["_ASim_NetworkSession", "imNetworkSession", "ASimNetworkSession"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_NetworkSession | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_ProcessEvent",
        &["_Im_ProcessEvent([parameter = value, ...])"],
        "Processes started and ended, in the columns of ASIM.",
    )
    .aliases(&["_ASim_ProcessEvent", "imProcessEvent", "ASimProcessEvent"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_ProcessEvent | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_RegistryEvent",
        &["_Im_RegistryEvent([parameter = value, ...])"],
        "Changes of the registry, in the columns of ASIM.",
    )
    .aliases(&["_ASim_RegistryEvent", "imRegistryEvent", "ASimRegistryEvent"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_RegistryEvent | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_UserManagement",
        &["_Im_UserManagement([parameter = value, ...])"],
        "Changes of accounts and groups, in the columns of ASIM.",
    )
    .aliases(&["_ASim_UserManagement", "imUserManagement", "ASimUserManagement"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_UserManagement | where false | count", "print Count = 0")]),
    Operator::function(
        "_Im_WebSession",
        &["_Im_WebSession([parameter = value, ...])"],
        "Requests to web servers, in the columns of ASIM.",
    )
    .aliases(&["_ASim_WebSession", "imWebSession", "ASimWebSession"])
    .remarks(
        "A view of the `Device*` tables and the normalized tables of the mirror. The parameters filter, \
         as documented of the schema.",
    )
    .examples(&[Example::new("_Im_WebSession | where false | count", "print Count = 0")]),
];
