//! Hashes, encodings, compression.

use crate::library::arguments::{any, array, long, or_null, text};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature, convert};
use crate::value::{Json, Type, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::read::{DeflateEncoder, GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder};
use md5::{Digest, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use sha1::Sha1;
use sha2::Sha256;
use std::io::Read;
use xxhash_rust::xxh64::xxh64;

const STRING: Returns = Returns::Type(Type::String);
const TEXT: &[Signature] = &[Signature::new(&[Parameter::new("string", Accepts::Type(Type::String))], STRING)];

/// Types whose bytes are known. The width of the others is Kusto's own affair.
const HASHED: Accepts = Accepts::OneOf(&[Type::String, Type::Long, Type::Datetime, Type::Timespan]);
const XXHASH: &[Signature] = &[Signature::new(
    &[Parameter::new("source", HASHED), Parameter::new("mod", Accepts::Type(Type::Long)).optional()],
    Returns::Type(Type::Long),
)];
/// Types whose text is hashed.
const WRITTEN: &[Signature] = &[Signature::new(
    &[Parameter::new(
        "source",
        Accepts::OneOf(&[Type::String, Type::Int, Type::Long, Type::Datetime, Type::Timespan, Type::Guid]),
    )],
    STRING,
)];
const GUID: &[Signature] = &[Signature::new(&[Parameter::new("guid", Accepts::Type(Type::Guid))], STRING)];
const BYTES: &[Signature] =
    &[Signature::new(&[Parameter::new("base64_string", Accepts::Type(Type::String))], Returns::Type(Type::Dynamic))];

const HEX_REMARKS: &str = "Of the bytes of a text; of the text of other values. Lower-case hex.";
const XX_REMARKS: &str = "Of the bytes of a text, of the 8 bytes of numbers and times. A modulo limits the result to less \
                          than it.";
/// Bytes of the table of codes that the engine writes into what it compresses.
const TABLE: usize = 110;
const COMPRESSED: &str = "Short texts are stored, as the engine does it. What it makes of longer ones may have other bytes; it decompresses to the same.";
const BROKEN: &str = "`\"\"` for what cannot be decoded to a text.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("hash", XXHASH, hash, "The 64-bit hash of a value (XXH64).")
        .aliases(&["hash_xxhash64"])
        .remarks(XX_REMARKS)
        .examples(&[
            Example::new("hash('huntline')", "-8335503546426440244"),
            Example::new("hash('huntline', 10)", "2"),
        ]),
    Function::new("hash_md5", WRITTEN, |a| hex(&Md5::digest(written(a).as_bytes())), "The MD5 hash of a value.")
        .remarks(HEX_REMARKS)
        .examples(&[Example::new("hash_md5('abc')", "'900150983cd24fb0d6963f7d28e17f72'")]),
    Function::new("hash_sha1", WRITTEN, |a| hex(&Sha1::digest(written(a).as_bytes())), "The SHA-1 hash of a value.")
        .remarks(HEX_REMARKS)
        .examples(&[Example::new("hash_sha1('abc')", "'a9993e364706816aba3e25717850c26c9cd0d89d'")]),
    Function::new(
        "hash_sha256",
        WRITTEN,
        |a| hex(&Sha256::digest(written(a).as_bytes())),
        "The SHA-256 hash of a value.",
    )
    .remarks(HEX_REMARKS)
    .examples(&[Example::new(
        "hash_sha256('abc')",
        "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'",
    )]),
    Function::new("base64_encode_tostring", TEXT, |a| Value::String(BASE64.encode(text(a, 0))), "A text in base64.")
        .aliases(&["base64_encodestring"])
        .examples(&[Example::new("base64_encode_tostring('Hunt')", "'SHVudA=='")]),
    Function::new(
        "base64_decode_tostring",
        TEXT,
        |a| string_of(BASE64.decode(text(a, 0)).ok()),
        "The text that is written in base64.",
    )
    .aliases(&["base64_decodestring"])
    .remarks("`\"\"` for what is no base64, or no UTF-8 inside.")
    .examples(&[
        Example::new("base64_decode_tostring('SHVudA==')", "'Hunt'"),
        Example::new("base64_decode_tostring('/w==')", "''"),
    ]),
    Function::new(
        "base64_decode_toarray",
        BYTES,
        base64_decode_toarray,
        "Array of the bytes that are written in base64.",
    )
    .remarks("Null for what is no base64.")
    .examples(&[Example::new("base64_decode_toarray('SHVudA==')", "dynamic([72, 117, 110, 116])")]),
    Function::new(
        "base64_encode_fromarray",
        &[Signature::new(&[Parameter::new("bytes", Accepts::Type(Type::Dynamic))], STRING)],
        base64_encode_fromarray,
        "An array of bytes in base64.",
    )
    .remarks("`\"\"` for what is no array of bytes.")
    .examples(&[Example::new("base64_encode_fromarray(dynamic([72, 117, 110, 116]))", "'SHVudA=='")]),
    Function::new("base64_encode_fromguid", GUID, base64_encode_fromguid, "A guid in base64.")
        .remarks("In the order of bytes in which Windows keeps guids.")
        .examples(&[Example::new(
            "base64_encode_fromguid(guid(00112233-4455-6677-8899-aabbccddeeff))",
            "'MyIRAFVEd2aImaq7zN3u/w=='",
        )]),
    Function::new(
        "base64_decode_toguid",
        &[Signature::new(&[Parameter::new("base64_string", Accepts::Type(Type::String))], Returns::Type(Type::Guid))],
        base64_decode_toguid,
        "The guid that is written in base64.",
    )
    .remarks("Null for anything but 16 bytes.")
    .examples(&[Example::new(
        "base64_decode_toguid('MyIRAFVEd2aImaq7zN3u/w==')",
        "guid(00112233-4455-6677-8899-aabbccddeeff)",
    )]),
    Function::new(
        "url_encode",
        TEXT,
        |a| Value::String(url_encode(text(a, 0), "+")),
        "A text encoded for an URL, blanks as `+`.",
    )
    .examples(&[Example::new("url_encode('a b/c')", "'a+b%2fc'")]),
    Function::new(
        "url_encode_component",
        TEXT,
        |a| Value::String(url_encode(text(a, 0), "%20")),
        "A text encoded for an URL, blanks as `%20`.",
    )
    .examples(&[Example::new("url_encode_component('a b/c')", "'a%20b%2fc'")]),
    Function::new("url_decode", TEXT, url_decode, "The text that is encoded in an URL.")
        .remarks("`+` is a blank.")
        .examples(&[Example::new("url_decode('a%20b+c%2Fd')", "'a b c/d'")]),
    Function::new("gzip_compress_to_base64_string", TEXT, gzip_compress, "A text compressed with gzip, in base64.")
        .remarks(COMPRESSED)
        .examples(&[Example::new(
            "gzip_decompress_from_base64_string(gzip_compress_to_base64_string('hunt'))",
            "'hunt'",
        )]),
    Function::new(
        "gzip_decompress_from_base64_string",
        TEXT,
        gzip_decompress,
        "The text that was compressed with gzip, from base64.",
    )
    .remarks(BROKEN)
    .examples(&[Example::new("gzip_decompress_from_base64_string('SHVudA==')", "''")]),
    Function::new("zlib_compress_to_base64_string", TEXT, zlib_compress, "A text compressed with zlib, in base64.")
        .remarks(COMPRESSED)
        .examples(&[Example::new(
            "zlib_decompress_from_base64_string(zlib_compress_to_base64_string('hunt'))",
            "'hunt'",
        )]),
    Function::new(
        "zlib_decompress_from_base64_string",
        TEXT,
        zlib_decompress,
        "The text that was compressed with zlib, from base64.",
    )
    .remarks(BROKEN)
    .examples(&[Example::new("zlib_decompress_from_base64_string('SHVudA==')", "''")]),
    Function::new(
        "new_guid",
        &[Signature::new(&[], Returns::Type(Type::Guid))],
        |_| Value::Guid(uuid::Uuid::new_v4().as_u128()),
        "A new guid on every row.",
    )
    .volatile(),
];

fn hash(arguments: &[Value]) -> Value {
    let hash = match any(arguments, 0) {
        Value::String(text) => xxh64(text.as_bytes(), 0),
        Value::Long(n) | Value::Datetime(n) | Value::Timespan(n) => xxh64(&n.to_le_bytes(), 0),
        _ => return Value::Null,
    };
    match arguments.get(1) {
        None => Value::Long(hash.cast_signed()),
        Some(_) => {
            let modulo = long(arguments, 1).and_then(|n| u64::try_from(n).ok());
            or_null(modulo.and_then(|n| hash.checked_rem(n)), |n| Value::Long(n.cast_signed()))
        }
    }
}

fn written(arguments: &[Value]) -> std::borrow::Cow<'_, str> {
    convert::text(any(arguments, 0))
}

fn hex(bytes: &[u8]) -> Value {
    Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The text of some bytes, `""` when they are none.
fn string_of(bytes: Option<Vec<u8>>) -> Value {
    Value::String(bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}

fn base64_decode_toarray(arguments: &[Value]) -> Value {
    let bytes = BASE64.decode(text(arguments, 0)).ok();
    or_null(bytes, |bytes| Value::Dynamic(Json::from(bytes)))
}

fn base64_encode_fromarray(arguments: &[Value]) -> Value {
    let byte = |item: &Json| item.as_i64().and_then(|n| u8::try_from(n).ok());
    let bytes: Option<Vec<u8>> = array(arguments, 0).and_then(|items| items.iter().map(byte).collect());
    Value::String(bytes.map(|bytes| BASE64.encode(bytes)).unwrap_or_default())
}

fn base64_encode_fromguid(arguments: &[Value]) -> Value {
    match any(arguments, 0) {
        Value::Guid(guid) => Value::String(BASE64.encode(uuid::Uuid::from_u128(*guid).to_bytes_le())),
        _ => Value::Null,
    }
}

fn base64_decode_toguid(arguments: &[Value]) -> Value {
    let bytes = BASE64.decode(text(arguments, 0)).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    or_null(bytes, |bytes| Value::Guid(uuid::Uuid::from_bytes_le(bytes).as_u128()))
}

/// What is encoded in URLs: all but letters, digits and a few signs. A blank is kept, for `url_encode` to replace.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b' ');

fn url_encode(text: &str, blank: &str) -> String {
    // The engine writes its escapes in lower case.
    let pieces = utf8_percent_encode(text, ENCODED);
    let encoded: String = pieces
        .map(|piece| if piece.starts_with('%') { piece.to_ascii_lowercase() } else { piece.to_owned() })
        .collect();
    encoded.replace(' ', blank)
}

fn url_decode(arguments: &[Value]) -> Value {
    let plain = text(arguments, 0).replace('+', " ");
    Value::String(percent_decode(plain.as_bytes()).decode_utf8_lossy().into_owned())
}

/// All that a coder gives, `None` when it fails.
fn read_all(mut coder: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    coder.read_to_end(&mut bytes).ok().map(|_| bytes)
}

fn gzip_compress(arguments: &[Value]) -> Value {
    let text = text(arguments, 0).as_bytes();
    let mut bytes = read_all(GzEncoder::new(text, level(text)));
    // the engine says neither the level nor the system that compressed
    if let Some([xfl, os]) = bytes.as_mut().and_then(|bytes| bytes.get_mut(8..10)?.first_chunk_mut()) {
        (*xfl, *os) = (0, 255);
    }
    compressed(bytes)
}

fn zlib_compress(arguments: &[Value]) -> Value {
    let text = text(arguments, 0).as_bytes();
    compressed(read_all(ZlibEncoder::new(text, level(text))))
}

/// The engine stores what its table of codes would make longer: that table takes about 110 bytes in each text.
fn level(text: &[u8]) -> Compression {
    let coded = read_all(DeflateEncoder::new(text, Compression::fast())).map_or(0, |coded| coded.len());
    if text.len() <= coded + TABLE { Compression::none() } else { Compression::fast() }
}

fn compressed(bytes: Option<Vec<u8>>) -> Value {
    Value::String(bytes.map(|bytes| BASE64.encode(bytes)).unwrap_or_default())
}

fn gzip_decompress(arguments: &[Value]) -> Value {
    let packed = BASE64.decode(text(arguments, 0)).ok();
    string_of(packed.and_then(|bytes| read_all(GzDecoder::new(bytes.as_slice()))))
}

fn zlib_decompress(arguments: &[Value]) -> Value {
    let packed = BASE64.decode(text(arguments, 0)).ok();
    string_of(packed.and_then(|bytes| read_all(ZlibDecoder::new(bytes.as_slice()))))
}
