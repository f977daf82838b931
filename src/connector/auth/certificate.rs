//! An app's certificate and its key, from a PEM file.
//!
//! In: the file's text. Out: a signature, and the certificate's digest. Never: the key in a text, in `Debug` or in an error.

use super::der;
use crate::connector::settings::SetupError;
use crate::value::datetime;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;

/// How a `.pfx` file becomes a PEM file.
const CONVERT: &str = "openssl pkcs12 -in app.pfx -out app.pem -nodes";

/// A certificate with the key that belongs to it.
pub(super) struct Certificate {
    key: RsaKeyPair,
    digest: String,
    not_before: i64,
    not_after: i64,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a PEM file: a key of RSA (PKCS#8 or PKCS#1), and among its certificates the one of this key.
    ///
    /// # Errors
    /// When there is no such key or no such certificate.
    pub(super) fn read(pem: &str) -> Result<Certificate, SetupError> {
        let key = key(pem)?;
        let mut others = 0;
        for found in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let found = found.map_err(|_| bad("a certificate in the PEM file cannot be read"))?;
            let fields = der::fields(&found).ok_or_else(|| bad("a certificate in the PEM file cannot be read"))?;
            if fields.public_key == key.public_key().as_ref() {
                let digest = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &found));
                return Ok(Certificate { key, digest, not_before: fields.not_before, not_after: fields.not_after });
            }
            others += 1;
        }
        Err(match others {
            0 => bad("the PEM file has a key but no certificate: put both into one file"),
            _ => bad("the key in the PEM file does not belong to the certificate in it"),
        })
    }

    /// Looks whether it is valid at a time, in ticks.
    ///
    /// # Errors
    /// When it is not valid yet, or no longer.
    pub(super) fn check(&self, now: i64) -> Result<(), SetupError> {
        // Seconds are exact enough to be told.
        let told = |ticks: i64| datetime::format(ticks).split('.').next().unwrap_or_default().to_owned();
        match now {
            now if now < self.not_before => {
                Err(SetupError(format!("the certificate is not valid before {}Z", told(self.not_before))))
            }
            now if now > self.not_after => Err(SetupError(format!(
                "the certificate expired at {}Z: make a new one, and add it to the app registration",
                told(self.not_after)
            ))),
            _ => Ok(()),
        }
    }

    /// The SHA-256 digest of the certificate, as `x5t#S256` has it.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Signs by RSASSA-PSS with SHA-256; `None` when the system has no random numbers.
    pub(super) fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), text, &mut signature).ok()?;
        Some(signature)
    }
}

fn bad(text: &str) -> SetupError {
    SetupError(text.to_owned())
}

/// The key. Of what is wrong with it nothing is told that is inside.
fn key(pem: &str) -> Result<RsaKeyPair, SetupError> {
    if !pem.contains("-----BEGIN ") {
        return Err(SetupError(format!("the certificate's file is no PEM file; a `.pfx` becomes one by `{CONVERT}`")));
    }
    if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        let text = "the key in the PEM file has a password; `openssl pkey -in app.pem` writes it without one: protect the file \
                    by its permissions instead";
        return Err(bad(text));
    }
    let unfit =
        || bad("the key in the PEM file cannot be used: Microsoft Entra takes RSA keys, of 2048 to 4096 bits here");
    let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        Ok(_) => return Err(unfit()),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => {
            return Err(bad("the PEM file has no private key: put the key and the certificate into one file"));
        }
        Err(_) => return Err(bad("the PEM file is damaged")),
    };
    key.map_err(|_| unfit())
}
