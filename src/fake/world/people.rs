//! Who works here: the world's directory, and the names of its machines.

use super::super::options::Person;

/// The analysts. The last one is a guest, whose user principal name is an ugly one.
pub(super) fn directory() -> Vec<Person> {
    [
        ("alice@contoso.com", "a1c0de00-0001-4a11-8a11-000000000001", "Alice Moreau"),
        ("bob@contoso.com", "a1c0de00-0002-4a11-8a11-000000000002", "Bob Tanaka"),
        ("chandra@contoso.com", "a1c0de00-0003-4a11-8a11-000000000003", "Chandra Iyer"),
        ("dilek@contoso.com", "a1c0de00-0004-4a11-8a11-000000000004", "Dilek Aydin"),
        ("erik@contoso.com", "a1c0de00-0005-4a11-8a11-000000000005", "Erik Lund"),
        ("farah_partner.example#EXT#@contoso.com", "a1c0de00-0006-4a11-8a11-000000000006", "Farah Haddad (guest)"),
    ]
    .into_iter()
    .map(|(upn, id, display)| Person::new(upn, id, display))
    .collect()
}

/// People whom attacks happen to: account, given name, department's host prefix.
pub(super) const VICTIMS: &[(&str, &str)] = &[
    ("mjones", "Mary Jones"),
    ("okafor", "Chidi Okafor"),
    ("lnovak", "Lena Novak"),
    ("rsilva", "Rafael Silva"),
    ("hkim", "Hana Kim"),
    ("pweber", "Paul Weber"),
    ("sfinance", "Sophie Laurent"),
    ("svc-backup", "Backup service"),
    ("tgreen", "Tom Green"),
    ("ybauer", "Yara Bauer"),
];

/// Machines that attacks happen on.
pub(super) const HOSTS: &[(&str, &str)] = &[
    ("ws-fin-014", "Windows11"),
    ("ws-hr-003", "Windows11"),
    ("ws-dev-027", "Windows11"),
    ("ws-sal-041", "Windows10"),
    ("srv-file-02", "WindowsServer2022"),
    ("srv-sql-01", "WindowsServer2019"),
    ("srv-dc-01", "WindowsServer2022"),
    ("lnx-web-05", "Linux"),
    ("ws-exec-001", "Windows11"),
    ("ws-lab-019", "Windows10"),
];
