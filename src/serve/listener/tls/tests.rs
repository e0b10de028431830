use super::{
    Clients, Protocols, Tls, TlsSettings, TlsVersion,
    certificates::{self, Configured, TlsError},
};
use crate::core::{
    clock::{SystemClock, Timestamp},
    peer::PeerNames,
};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use std::{fs, sync::Arc};
use tempfile::TempDir;

/// A folder with a certificate and its key, and the settings that name them.
struct Folder {
    folder: TempDir,
    settings: TlsSettings,
}

fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec!["bailiff.test".to_owned()]).unwrap();
    change(&mut parameters);
    (parameters.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = TlsSettings {
            certificate_file: folder.path().join("certificate.pem"),
            key_file: folder.path().join("key.pem"),
            clients: Clients::Anyone,
            minimum_version: TlsVersion::Tls12,
        };
        let (certificate, key) = self_signed(|_| {});
        let folder = Self { folder, settings };
        folder.write("certificate.pem", &certificate);
        folder.write("key.pem", &key);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn configure(&self) -> Result<Configured, TlsError> {
        let read = certificates::read(&self.settings)?;
        certificates::configure(&self.settings, &read, Protocols::Http2)
    }

    fn problem(&self) -> String {
        self.configure().err().expect("something is wrong").to_string()
    }
}

#[test]
fn a_certificate_and_its_key_serve() {
    let folder = Folder::new();
    let (certificate, key) = self_signed(|parameters| {
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2040, 1, 1);
    });
    folder.write("certificate.pem", &certificate);
    folder.write("key.pem", &key);
    let Configured { server, validity } = folder.configure().unwrap();
    assert_eq!(validity.not_before, Timestamp::from_unix_seconds(1_577_836_800));
    assert_eq!(validity.not_after, Timestamp::from_unix_seconds(2_208_988_800));
    assert_eq!(server.alpn_protocols, [b"h2".to_vec()]);
    assert!(!server.session_storage.can_cache());
}

#[test]
fn what_is_wrong_is_said_in_one_line_that_names_the_file() {
    let (other, _) = self_signed(|_| {});
    for (file, text, said) in [
        ("certificate.pem", "", "holds no certificate"),
        ("certificate.pem", "-----BEGIN CERTIFICATE-----\n", "is not the PEM"),
        (
            "certificate.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "cannot be read",
        ),
        ("certificate.pem", &*other, "does not serve for the certificate"),
        ("key.pem", "", "is not the PEM"),
        (
            "key.pem",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "does not serve",
        ),
    ] {
        let folder = Folder::new();
        folder.write(file, text);
        let problem = folder.problem();
        assert!(problem.contains(file) && problem.contains(said), "{file} {text}: {problem}");
        assert!(!problem.contains('\n'), "{problem}");
    }
    for file in ["certificate.pem", "key.pem"] {
        let folder = Folder::new();
        fs::remove_file(folder.folder.path().join(file)).unwrap();
        let problem = folder.problem();
        assert!(problem.contains(file) && problem.contains("cannot be read"), "{problem}");
    }
}

#[test]
fn authorities_that_nobody_can_be_verified_with_are_refused() {
    for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let mut folder = Folder::new();
        folder.write("ca.pem", text);
        let authorities_file = folder.folder.path().join("ca.pem");
        folder.settings.clients = Clients::Required { authorities_file, allowed: Vec::new() };
        assert!(folder.problem().contains("ca.pem"));
    }
}

#[test]
fn the_digest_tells_what_is_in_which_file() {
    let folder = Folder::new();
    let digest = || certificates::read(&folder.settings).unwrap().digest();
    let before = digest();
    assert_eq!(digest(), before);
    folder.write("certificate.pem", "ab");
    folder.write("key.pem", "c");
    let one = digest();
    folder.write("certificate.pem", "a");
    folder.write("key.pem", "bc");
    assert!(one != before && digest() != one);
}

#[test]
fn whoever_is_let_in_has_one_of_the_names() {
    let allowed: [Box<str>; 2] = ["gateway.shop.test".into(), "spiffe://shop.test/web".into()];
    let names = |name: &str| Some(PeerNames::new(["x.test".into(), name.into()]));
    for name in ["gateway.shop.test", "spiffe://shop.test/web"] {
        assert!(Tls::lets_in(&allowed, names(name).as_ref()), "{name}");
    }
    for name in ["spiffe://shop.test/web/x", "spiffe://shop.test/", "shop.test", ""] {
        assert!(!Tls::lets_in(&allowed, names(name).as_ref()), "{name}");
    }
    assert!(!Tls::lets_in(&allowed, None));
    assert!(Tls::lets_in(&[], None));
}

#[tokio::test(start_paused = true)]
async fn a_good_pair_comes_into_use_and_a_bad_one_does_not() {
    let folder = Folder::new();
    let tls = Tls::start(folder.settings.clone(), Protocols::Http1, Arc::new(SystemClock)).unwrap();
    let status = tls.status();
    let first = tls.current.load_full();
    let until = async |done: &dyn Fn() -> bool| {
        // Time stands still while a file is read on another thread.
        for _ in 0..1000 {
            if done() {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        false
    };

    let (next, key) = self_signed(|parameters| parameters.not_after = date_time_ymd(2040, 1, 1));
    folder.write("certificate.pem", &next);
    assert!(until(&|| status.problem().is_some()).await, "half a pair is a problem");
    assert!(Arc::ptr_eq(&first, &tls.current.load_full()));

    folder.write("key.pem", &key);
    assert!(until(&|| !Arc::ptr_eq(&first, &tls.current.load_full())).await);
    assert_eq!(status.not_after(), Timestamp::from_unix_seconds(2_208_988_800));
    assert!(until(&|| status.problem().is_none()).await);

    let second = tls.current.load_full();
    let (expired, key) = self_signed(|parameters| parameters.not_after = date_time_ymd(2021, 1, 1));
    folder.write("certificate.pem", &expired);
    folder.write("key.pem", &key);
    assert!(
        until(&|| status.problem().is_some_and(|problem| problem.contains("has expired"))).await
    );
    assert!(Arc::ptr_eq(&second, &tls.current.load_full()));
}
