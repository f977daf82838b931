//! Parsers of texts: URLs, paths, command lines, CSV, XML, versions.

use crate::library::arguments::{constant_text, dynamic, or_null, text};
use crate::library::{Accepts, Example, Function, Parameter, ResultName, Returns, Signature, xml};
use crate::value::{Json, Type, Value};
use rust_decimal::Decimal;
use serde_json::json;

const DYNAMIC: Returns = Returns::Type(Type::Dynamic);
const TEXT: &[Signature] = &[Signature::new(&[Parameter::new("text", Accepts::Type(Type::String))], DYNAMIC)];

type Bag = serde_json::Map<String, Json>;

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("parse_url", TEXT, |a| Value::Dynamic(parse_url(text(a, 0))), "The parts of an URL.")
        .aliases(&["parseurl"])
        .remarks(
            "A bag of `Scheme`, `Host`, `Port`, `Path`, `Username`, `Password`, `Query Parameters` (a bag) and `Fragment`; \
             parts that are missing are `\"\"`. The path starts with its slash. Without a scheme all is path.",
        )
        .examples(&[
            Example::new("parse_url('https://host:8443/a/b?k=v#f').Host", "dynamic('host')"),
            Example::new("parse_url('https://host:8443/a/b?k=v#f')['Query Parameters']", "dynamic({'k': 'v'})"),
        ]),
    Function::new("parse_urlquery", TEXT, parse_urlquery, "The parameters of an URL's query.")
        .aliases(&["parseurlquery"])
        .remarks("A bag with one property, `Query Parameters`, which is a bag. Values stay encoded.")
        .examples(&[Example::new("parse_urlquery('a=1&b=2')", "dynamic({'Query Parameters': {'a': '1', 'b': '2'}})")]),
    Function::new("parse_path", TEXT, |a| Value::Dynamic(parse_path(text(a, 0))), "The parts of a file path.")
        .remarks(
            "Of Windows and Unix. A bag of `Scheme`, `RootPath`, `DirectoryPath`, `DirectoryName`, `Filename`, `Extension` and \
             `AlternateDataStreamName`; parts that are missing are `\"\"`.",
        )
        .examples(&[
            Example::new("parse_path(@'C:\\Windows\\Temp\\a.tar.gz').Filename", "dynamic('a.tar.gz')"),
            Example::new("parse_path(@'C:\\Windows\\Temp\\a.tar.gz').DirectoryPath", "dynamic(@'C:\\Windows\\Temp')"),
            Example::new("parse_path('/usr/bin/ls').DirectoryName", "dynamic('bin')"),
        ]),
    Function::new(
        "parse_command_line",
        &[Signature::new(
            &[
                Parameter::new("command_line", Accepts::Type(Type::String)),
                Parameter::new("parser_type", Accepts::Type(Type::String)).constant(),
            ],
            DYNAMIC,
        )],
        |a| Value::Dynamic(Json::from(arguments_of(text(a, 0)))),
        "Array of the arguments of a Windows command line.",
    )
    .remarks("The parser must be `windows`. A backslash before a quote escapes it, pairs of backslashes before one stand for one each.")
    .examples(&[Example::new(
        "parse_command_line(@'cmd.exe /c \"echo hi\" x\\y', 'windows')",
        "dynamic(['cmd.exe', '/c', 'echo hi', @'x\\y'])",
    )])
    .check(only_windows),
    Function::new("parse_csv", TEXT, parse_csv, "Array of the fields of a CSV record.").result_name(ResultName::FirstArgument)
        .remarks("Only the first record of several lines; a quoted field may hold line breaks.")
        .examples(&[Example::new("parse_csv('a,\"b,\"\"c\"\"\",')", "dynamic(['a', 'b,\"c\"', ''])")]),
    Function::new("parse_xml", TEXT, |a| dynamic(xml::to_json(text(a, 0))), "An XML text as a dynamic value.").result_name(ResultName::FirstArgument)
        .remarks(
            "An element is a property; its attributes are properties with an `@`, its text is `#text` beside others; elements \
             of one name make an array; an empty element is null. Null for what is no XML, or longer than 128 KiB.",
        )
        .examples(&[Example::new(
            "parse_xml('<e a=\"1\"><b>x</b><b>y</b></e>')",
            "dynamic({'e': {'@a': '1', 'b': ['x', 'y']}})",
        )]),
    Function::new(
        "parse_version",
        &[Signature::new(&[Parameter::new("version", Accepts::Type(Type::String))], Returns::Type(Type::Decimal))],
        |a| or_null(parse_version(text(a, 0)), Value::Decimal),
        "A version of up to four numbers as a decimal that sorts as versions do.",
    )
    .remarks(
        "Each number has 8 digits at most; missing ones are 0. Null for what is no version, and for a first number above \
         7,921, which the decimals here cannot hold.",
    )
    .examples(&[
        Example::new("parse_version('1.10') > parse_version('1.9.5')", "true"),
        Example::new("isnull(parse_version('1.x'))", "true"),
    ]),
];

/// The text before a separator, and the text after it where it is there.
fn cut<'t>(text: &'t str, separator: &str) -> (&'t str, &'t str) {
    text.split_once(separator).unwrap_or((text, ""))
}

fn parse_url(url: &str) -> Json {
    let (url, fragment) = cut(url, "#");
    let (url, query) = cut(url, "?");
    let (scheme, authority, path) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            // The engine reads the root alone as no path.
            (scheme, authority, if path == "/" { "" } else { path })
        }
        None => ("", "", url),
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (username, password) = cut(user, ":");
    // The colons inside of an IPv6 address in brackets are none of a port.
    let port_at = host.rfind(':').filter(|at| !host.get(*at..).is_some_and(|rest| rest.contains(']')));
    let (host, port) =
        port_at.map_or((host, ""), |at| (host.get(..at).unwrap_or(host), host.get(at + 1..).unwrap_or("")));
    json!({
        "Scheme": scheme,
        "Host": host,
        "Port": port,
        "Path": path,
        "Username": username,
        "Password": password,
        "Query Parameters": parameters(query),
        "Fragment": fragment,
    })
}

/// The parameters of a query; the first of several with one name stays.
fn parameters(query: &str) -> Json {
    let mut bag = Bag::new();
    for (name, value) in query.split('&').filter(|part| !part.is_empty()).map(|part| cut(part, "=")) {
        bag.entry(name.to_owned()).or_insert_with(|| Json::from(value));
    }
    Json::Object(bag)
}

fn parse_urlquery(arguments: &[Value]) -> Value {
    let query = text(arguments, 0);
    Value::Dynamic(json!({ "Query Parameters": parameters(query.strip_prefix('?').unwrap_or(query)) }))
}

fn parse_path(path: &str) -> Json {
    let (scheme, path) = path.split_once("://").unwrap_or(("", path));
    let root = match path.as_bytes() {
        [drive, b':', ..] if drive.is_ascii_alphabetic() => path.get(..2).unwrap_or_default(),
        _ => "",
    };
    let (directory, name) = match path.rfind(['/', '\\']) {
        Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()),
        None => ("", path),
    };
    let directory_name = directory.rsplit(['/', '\\']).next().unwrap_or_default();
    let (filename, stream) = cut(name, ":");
    let extension = filename.rsplit_once('.').map_or("", |(_, extension)| extension);
    json!({
        "Scheme": scheme,
        "RootPath": root,
        "DirectoryPath": directory,
        "DirectoryName": directory_name,
        "Filename": filename,
        "Extension": extension,
        "AlternateDataStreamName": stream,
    })
}

fn only_windows(constants: &[Option<Value>]) -> Result<(), String> {
    match constant_text(constants, 1) {
        Some(parser) if !parser.eq_ignore_ascii_case("windows") => {
            Err(format!("`{parser}` is no parser of command lines"))
        }
        _ => Ok(()),
    }
}

/// The arguments of a command line, as Windows programs split it: blanks separate, quotes hold together, `2n` backslashes
/// before a quote are `n` and the quote counts, `2n+1` are `n` and the quote is a letter. The program's name comes first and
/// knows no escapes.
fn arguments_of(line: &str) -> Vec<String> {
    let line = line.trim_start_matches([' ', '\t']);
    if line.is_empty() {
        return vec![];
    }
    let (program, rest) = match line.strip_prefix('"') {
        Some(quoted) => cut(quoted, "\""),
        None => line.split_at(line.find([' ', '\t']).unwrap_or(line.len())),
    };
    let mut arguments = vec![program.to_owned()];
    let mut rest = rest.trim_start_matches([' ', '\t']);
    while !rest.is_empty() {
        let (argument, after) = next_argument(rest);
        arguments.push(argument);
        rest = after.trim_start_matches([' ', '\t']);
    }
    arguments
}

fn next_argument(text: &str) -> (String, &str) {
    let (mut argument, mut quoted, mut backslashes) = (String::new(), false, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                backslashes += 1;
                continue;
            }
            '"' => {
                argument.extend(std::iter::repeat_n('\\', backslashes / 2));
                if backslashes % 2 == 1 {
                    argument.push('"');
                } else if quoted && chars.next_if(|(_, next)| *next == '"').is_some() {
                    // Two quotes inside of quotes are one.
                    argument.push('"');
                } else {
                    quoted = !quoted;
                }
            }
            _ => {
                argument.extend(std::iter::repeat_n('\\', backslashes));
                if !quoted && (c == ' ' || c == '\t') {
                    return (argument, text.get(at..).unwrap_or_default());
                }
                argument.push(c);
            }
        }
        backslashes = 0;
    }
    argument.extend(std::iter::repeat_n('\\', backslashes));
    (argument, "")
}

fn parse_csv(arguments: &[Value]) -> Value {
    let text = text(arguments, 0);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    match reader.records().next() {
        Some(Ok(record)) => Value::Dynamic(record.iter().map(Json::from).collect()),
        Some(Err(_)) => Value::Null,
        None => Value::Dynamic(json!([""])),
    }
}

fn parse_version(version: &str) -> Option<Decimal> {
    let parts: Vec<&str> = version.trim().split('.').collect();
    let number = |part: &&str| {
        let digits = (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    };
    let numbers: Vec<u32> = parts.iter().map(number).collect::<Option<_>>()?;
    if numbers.len() > 4 {
        return None;
    }
    let scale = Decimal::from(100_000_000);
    (0..4).try_fold(Decimal::ZERO, |version, place| {
        version.checked_mul(scale)?.checked_add(Decimal::from(numbers.get(place).copied().unwrap_or(0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths() {
        let part = |path: &str, name: &str| parse_path(path).get(name).cloned().expect("a part");
        for (path, name, expected) in [
            (r"C:\temp\file.txt", "RootPath", "C:"),
            (r"C:\temp\file.txt", "DirectoryPath", r"C:\temp"),
            (r"\\server\share\file.tar.gz", "DirectoryPath", r"\\server\share"),
            (r"\\server\share\file.tar.gz", "Extension", "gz"),
            ("file://C:/temp/file.txt:hidden.exe", "Scheme", "file"),
            ("file://C:/temp/file.txt:hidden.exe", "Filename", "file.txt"),
            ("file://C:/temp/file.txt:hidden.exe", "AlternateDataStreamName", "hidden.exe"),
            ("ls", "Filename", "ls"),
            ("ls", "DirectoryPath", ""),
        ] {
            assert_eq!(part(path, name), expected, "{path} {name}");
        }
    }

    #[test]
    fn parts_of_urls() {
        let url = parse_url("https://me:secret@[::1]:8443/a?x=1&x=2&y#part");
        let expected = json!({
            "Scheme": "https", "Host": "[::1]", "Port": "8443", "Path": "/a", "Username": "me", "Password": "secret",
            "Query Parameters": {"x": "1", "y": ""}, "Fragment": "part",
        });
        assert_eq!(url, expected);
        assert_eq!(parse_url("https://host").get("Path"), Some(&json!("")));
    }

    #[test]
    fn command_lines_split_as_windows_does() {
        assert_eq!(arguments_of(r#""C:\a b\c.exe" /x "d e"f g\"#), [r"C:\a b\c.exe", "/x", "d ef", r"g\"]);
        assert_eq!(arguments_of(r#"x "a\\" b\"c "q""r""#), ["x", r"a\", "b\"c", "q\"r"]);
        assert_eq!(arguments_of(r#"x "" y"#), ["x", "", "y"]);
        assert!(arguments_of("  ").is_empty());
    }

    #[test]
    fn versions_sort_by_number() {
        let version = |text| parse_version(text).expect("a version");
        assert!(version("10.0.19045.1") > version("10.0.9.99999999"));
        assert_eq!(version("1.2"), version("1.2.0.0"));
        assert_eq!(parse_version("1.2.3.4.5"), None);
        assert_eq!(parse_version("1..2"), None);
    }
}
