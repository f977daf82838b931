//! No planted secret in anything that the program says or writes: every command that touches a credential or an address, at
//! every level of telling, with services that fail and tell what they were sent.
//!
//! Each secret holds one word. It is looked for as it is and in base64, whatever stands before it; percent-encoding leaves it
//! as it is. What is looked at: stdout, stderr, and each file below the working folder but those that hold the secret.

mod place;
mod services;

use place::{Place, WORD};
use services::{Entra, Services};

/// The levels of telling.
const LEVELS: [&[&str]; 4] = [&[], &["-v"], &["-vv"], &["-vvv"]];
/// What signs in, in every form that it has.
const SIGNED_IN: [&[&str]; 6] = [
    &["login", "--check"],
    &["login", "--check", "--format", "json", "--service", "graph", "--service", "defender", "--service", "arm"],
    &["sync", "plan", "--format", "json"],
    &["sync", "plan", "--record", "traffic.ndjson"],
    &["sync", "apply"],
    &["mirror", "pull"],
];

/// The ways to give a credential: lines of `[sync.auth]`, and what is in the environment.
fn credentials(place: &Place) -> Vec<(String, Vec<(&'static str, String)>)> {
    let secret = format!("a~{WORD}.d-e_f/b+c=");
    place.hold("secret.txt", &secret);
    place.hold("app.pem", &place::certificate());
    vec![
        ("method = 'client_secret'\nsecret_file = 'secret.txt'".to_owned(), vec![]),
        ("method = 'client_secret'".to_owned(), vec![("AZURE_CLIENT_SECRET", secret.clone())]),
        ("method = 'client_secret'".to_owned(), vec![("HUNTLINE_CLIENT_SECRET", secret)]),
        ("method = 'client_certificate'\ncertificate = 'app.pem'".to_owned(), vec![]),
    ]
}

#[test]
fn the_search_finds_what_it_looks_for() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    for before in ["", "a", "ab", "abc", "me:"] {
        let text = format!("{before}{WORD} and more");
        assert!(place::found(text.as_bytes()).is_some());
        assert!(place::found(STANDARD.encode(&text).as_bytes()).is_some(), "{before}");
        assert!(place::found(URL_SAFE_NO_PAD.encode(&text).as_bytes()).is_some(), "{before}");
    }
    let body: String = place::key_line().to_owned();
    assert!(place::found(body.as_bytes()).is_some() && place::found(b"nothing of the kind").is_none());
}

#[test]
fn a_service_that_tells_the_token_is_not_repeated() {
    let services = Services::start(Entra::Gives);
    let place = Place::new(&services);
    for (auth, environment) in credentials(&place) {
        place.configure(&auth);
        for command in SIGNED_IN {
            for level in LEVELS {
                place.run(&[command, level].concat(), &environment);
            }
        }
        let said = place.run(&["login", "--check", "--service", "arm"], &environment);
        assert!(said.contains("401") && said.contains("[secret]"), "the service told the token: {said}");
    }
    assert!(services.told() > 0, "no service saw a token");
}

#[test]
fn entra_that_tells_the_secret_is_not_repeated() {
    let services = Services::start(Entra::Refuses);
    let place = Place::new(&services);
    for (auth, environment) in credentials(&place) {
        place.configure(&auth);
        for command in SIGNED_IN {
            place.run(&[command, &["-vvv"]].concat(), &environment);
        }
        let said = place.run(&["login", "--check"], &environment);
        assert!(said.contains("AADSTS7000215"), "Entra was asked: {said}");
    }
}

#[test]
fn what_cannot_be_reached_is_told_without_secrets() {
    let services = Services::start(Entra::Gives);
    let place = Place::new(&services);
    let proxy = format!("http://me:{WORD}@127.0.0.1:1");
    for (auth, mut environment) in credentials(&place) {
        place.configure_away(&auth);
        place.run(&["login", "--check", "--service", "graph", "-vvv"], &environment);
        place.configure(&auth);
        environment.push(("NO_PROXY", "none.example".to_owned()));
        environment.extend(["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].map(|name| (name, proxy.clone())));
        let said = place.run(&["login", "--check", "--service", "graph", "-vvv"], &environment);
        assert!(said.contains("error"), "the proxy is not there: {said}");
    }
    let odd = [("HTTPS_PROXY", format!("ht!tp://me:{WORD}@[")), ("ALL_PROXY", format!("{WORD}:::"))];
    place.run(&["login", "--check", "--service", "graph", "-vvv"], &odd);
    place.run(&["query", "externaldata(a:string)['https://localhost:1/x.csv']", "--allow-network", "-vvv"], &odd);
}

#[test]
fn a_configuration_that_cannot_be_used_keeps_its_values() {
    let services = Services::start(Entra::Gives);
    let place = Place::new(&services);
    let good = place.config("");
    for broken in [
        format!("client_secret = '{WORD}'"),
        format!("client_secret = '{WORD}"),
        format!("client_secret = {WORD}"),
        WORD.to_owned(),
        format!("'{WORD}1' = 1"),
        format!("secret_file = ['{WORD}']"),
        format!("method = '{WORD}'"),
        format!("method = 'client_secret'\nsecret_file = '{WORD}'"),
        format!("method = 'client_certificate'\ncertificate = '{WORD}'"),
        format!("method = 'client_secret'\nauthority_url = 'https://me:{WORD}@localhost:1'"),
        format!("[sync.auth.{WORD}1]\na = 1"),
    ] {
        place.hold("huntline.toml", &format!("{good}\n{broken}\n"));
        for command in [&["login", "--check"][..], &["sync", "plan"], &["mirror", "status"], &["query", "print 1"]] {
            place.run(&[command, &["-vvv"]].concat(), &[]);
        }
    }
    for address in
        [format!("https://me:{WORD}@localhost:1"), format!("https://localhost:1/?sig={WORD}"), format!("h!{WORD}")]
    {
        place.hold("huntline.toml", &format!("[sync]\ngraph_url = '{address}'\n[sync.auth]\nmethod = 'azure_cli'\n"));
        place.run(&["login", "--check", "-vvv"], &[]);
    }
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_are_refused_without_a_word_of_them() {
    use std::os::unix::fs::PermissionsExt;
    let services = Services::start(Entra::Gives);
    let place = Place::new(&services);
    for (auth, environment) in
        credentials(&place).into_iter().filter(|(auth, _)| auth.contains(".txt") || auth.contains(".pem"))
    {
        place.configure(&auth);
        for name in ["secret.txt", "app.pem"] {
            let open = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(place.path(name), open).unwrap();
        }
        let said = place.run(&["login", "--check", "-vvv"], &environment);
        assert!(said.contains("chmod 600"), "{said}");
        credentials(&place);
    }
    assert_eq!(services.told(), 0);
}

#[test]
fn addresses_of_data_are_told_without_their_keys() {
    let services = Services::start(Entra::Gives);
    let place = Place::new(&services);
    place.configure("method = 'azure_cli'");
    let port = services.plain_port();
    for address in [
        format!("https://localhost:{port}/c/x.csv?sv=2022&sig={WORD}%2Fb"),
        format!("https://me:{WORD}@localhost:{port}/x.csv"),
        format!("https://localhost:{port}/c/x.csv;{WORD}"),
        format!("https://localhost:{port}/x.csv?api_key={WORD}"),
    ] {
        for text in [
            format!("externaldata(a:string)['{address}']"),
            format!("externaldata(a:string)[h'{address}'] | where b == 1"),
            format!("externaldata(a:string)[\"{address}\"] | where b == 1"),
            format!("externaldata(a:string)['{address}'] with (format='nonsense')"),
            format!("let u = '{address}'; externaldata(a:int, a:int)[u]"),
        ] {
            for options in [&["--allow-network"][..], &["-vvv"], &["-vvv", "--format", "json"]] {
                place.run(&[&["query", &text], options].concat(), &[]);
            }
            place.run(&["check", &text, "-vvv"], &[]);
            place.run(&["check", &text, "--format", "json"], &[]);
        }
        place.hold("x.csv", "1\n");
        place.run(&["cache", "add", &address, "x.csv", "-vvv"], &[]);
        place.run(&["cache", "list", "--format", "json"], &[]);
        place.run(&["cache", "refresh", &address, "--allow-network", "-vvv"], &[]);
        place.run(&["cache", "remove", &address], &[]);
        place.run(&["import", &address, "-vvv"], &[]);
    }
}

#[test]
fn a_storage_account_is_asked_without_telling_its_keys() {
    let services = Services::start(Entra::Gives);
    let place = Place::new(&services);
    place.configure("method = 'azure_cli'");
    let endpoint = |port: u16| {
        vec![
            ("AZURE_STORAGE_ACCOUNT_NAME", "account".to_owned()),
            ("AZURE_STORAGE_ENDPOINT", format!("http://127.0.0.1:{port}")),
            ("AZURE_STORAGE_ALLOW_HTTP", "true".to_owned()),
            ("AZURE_ALLOW_HTTP", "true".to_owned()),
        ]
    };
    let sas = format!("sv=2022-11-02&sp=rl&sig={WORD}%2Fb%3D");
    for keys in [
        // The word, as base64 that a key of an account is.
        vec![("AZURE_STORAGE_ACCOUNT_KEY", format!("{WORD}AA==")), ("AZURE_STORAGE_KEY", format!("{WORD}AA=="))],
        vec![("AZURE_STORAGE_ACCOUNT_KEY", format!("no base64 {WORD}!"))],
        vec![("AZURE_STORAGE_SAS_KEY", sas.clone()), ("AZURE_STORAGE_SAS_TOKEN", sas.clone())],
        vec![("AZURE_CLIENT_ID", "app".to_owned()), ("AZURE_CLIENT_SECRET", WORD.to_owned())],
    ] {
        for port in [services.plain_port(), 1] {
            let environment = [endpoint(port), keys.clone()].concat();
            for source in ["az://container/prefix", "abfss://container@account.dfs.core.windows.net/prefix"] {
                place.run(&["import", source, "--progress", "never", "-vvv"], &environment);
                place.run(&["import", source, "--format", "json"], &environment);
            }
        }
    }
    for source in [format!("az://container/prefix?{sas}"), format!("https://account.blob.example/c/x.json?{sas}")] {
        place.run(&["import", &source, "-vvv"], &endpoint(1));
    }
}
