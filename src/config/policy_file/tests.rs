//! Policies in files and folders.

use super::{MAX_FILES, PolicyFileError, PolicyFiles, folders_of, read};
use crate::policy::Source;
use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
};
use tempfile::TempDir;

const ROUTES: &str = "version: 1\nroutes:\n  /a: public\n";
const MORE: &str = "version: 1\nroutes:\n  /b: signed_in\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The names that were read: those of the policy, those of the tests.
fn names(path: &Path) -> (Vec<String>, Vec<String>) {
    let files = PolicyFiles::read(path).unwrap_or_else(|error| panic!("{error}"));
    let name = |source: &Source| {
        Path::new(source.name()).file_name().unwrap().to_string_lossy().into_owned()
    };
    let names = |sources: &[Source]| sources.iter().map(name).collect();
    (names(files.policy.as_slice()), names(&files.tests))
}

/// What is said of a folder or file that cannot be read, the path cut to its last name.
fn refusal(path: &Path) -> String {
    match PolicyFiles::read(path) {
        Ok(files) => panic!("{files:?}"),
        Err(PolicyFileError::Invalid(errors)) => panic!("{errors}"),
        Err(PolicyFileError::Read { path, source }) => {
            let name = Path::new(&path).file_name().unwrap().to_string_lossy().into_owned();
            format!("{name}: {source}")
        }
    }
}

#[test]
fn a_folder_is_its_yaml_files_in_the_order_of_their_names() {
    let folder = folder(&[
        ("20-more.yml", MORE),
        ("10-routes.yaml", ROUTES),
        ("30-LOUD.YAML", "version: 1\n"),
        ("shop.test.yaml", "cases: []\n"),
        ("a.Test.yml", "cases: []\n"),
        ("README.md", "not yaml: ["),
        ("10-routes.yaml~", "["),
        (".10-routes.yaml.swp", "["),
        (".hidden.yaml", "["),
        ("..data/10-routes.yaml", "["),
        ("notes/readme.txt", "["),
    ]);
    let (policy, tests) = names(folder.path());
    assert_eq!(policy, ["10-routes.yaml", "20-more.yml", "30-LOUD.YAML"]);
    assert_eq!(tests, ["a.Test.yml", "shop.test.yaml"]);
    assert_eq!(read(folder.path()).unwrap().rules().count(), 2);
}

#[test]
fn a_file_has_its_tests_beside_it_and_nothing_else() {
    let folder = folder(&[
        ("policy.yaml", ROUTES),
        ("policy.test.yaml", "cases: []\n"),
        ("other.test.yaml", "cases: []\n"),
        ("other.yaml", "["),
    ]);
    let (policy, tests) = names(&folder.path().join("policy.yaml"));
    assert_eq!((policy, tests), (vec!["policy.yaml".into()], vec!["policy.test.yaml".into()]));
}

#[test]
fn links_are_followed_as_kubernetes_mounts_a_config_map() {
    let folder = folder(&[("..2026_01/routes.yaml", ROUTES), ("..2026_02/routes.yaml", MORE)]);
    let at = |name: &str| folder.path().join(name);
    symlink("..2026_01", at("..data")).unwrap();
    symlink("..data/routes.yaml", at("routes.yaml")).unwrap();
    let before = PolicyFiles::read(folder.path()).unwrap();
    assert_eq!(names(folder.path()).0, ["routes.yaml"]);

    symlink("..2026_02", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    let after = PolicyFiles::read(folder.path()).unwrap();
    assert_ne!(before.digest(), after.digest());
    assert_eq!(after.policy.as_slice()[0].text(), MORE);
}

#[test]
fn the_digest_tells_texts_names_and_tests_apart() {
    let digest = |files: &[(&str, &str)]| PolicyFiles::read(folder(files).path()).unwrap().digest();
    let fixed = TempDir::new().unwrap();
    let fixed_digest = |files: &[(&str, &str)]| {
        let at = fixed.path().join("policy");
        let _ = fs::remove_dir_all(&at);
        fs::create_dir(&at).unwrap();
        for (name, text) in files {
            fs::write(at.join(name), text).unwrap();
        }
        PolicyFiles::read(&at).unwrap().digest()
    };
    let first = fixed_digest(&[("a.yaml", ROUTES), ("b.yaml", MORE)]);
    assert_eq!(first, fixed_digest(&[("b.yaml", MORE), ("a.yaml", ROUTES), ("c.txt", "x")]));
    for other in [
        fixed_digest(&[("a.yaml", MORE), ("b.yaml", ROUTES)]),
        fixed_digest(&[("a.yaml", ROUTES), ("c.yaml", MORE)]),
        fixed_digest(&[("a.yaml", ROUTES)]),
        fixed_digest(&[("a.yaml", ROUTES), ("b.test.yaml", MORE)]),
        fixed_digest(&[("a.yaml", ROUTES), ("b.yaml", MORE), ("c.test.yaml", "")]),
        digest(&[("a.yaml", ROUTES), ("b.yaml", MORE)]),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let empty = folder(&[("only.test.yaml", "cases: []\n"), ("README.md", "")]);
    let name = empty.path().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(
        refusal(empty.path()),
        format!(
            "{name}: the folder holds no `*.yaml` but tests: write at least one file that says `version: 1`"
        )
    );

    let dangling = folder(&[("a.yaml", ROUTES)]);
    symlink("absent.yaml", dangling.path().join("b.yaml")).unwrap();
    assert!(refusal(dangling.path()).starts_with("b.yaml: No such file"));

    let odd = folder(&[("a.yaml", ROUTES), ("b.yaml/c.txt", "")]);
    assert_eq!(refusal(odd.path()), "b.yaml: it has the name of a policy file and is none");

    let bytes = folder(&[("a.yaml", ROUTES)]);
    fs::write(bytes.path().join("b.yaml"), b"version: 1\n# caf\xe9\n").unwrap();
    assert_eq!(refusal(bytes.path()), "b.yaml: line 2 is not UTF-8 text");
    assert_eq!(refusal(&bytes.path().join("b.yaml")), "b.yaml: line 2 is not UTF-8 text");

    assert!(refusal(&bytes.path().join("absent.yaml")).contains("No such file"));
}

#[test]
fn files_below_a_folder_below_are_refused_rather_than_forgotten() {
    let nested = folder(&[("a.yaml", ROUTES), ("admin/guards.yaml", MORE)]);
    assert!(refusal(nested.path()).starts_with("admin: it holds `*.yaml` files below"));
}

#[test]
fn a_name_that_is_no_text_is_read_all_the_same() {
    let folder = folder(&[("a.yaml", ROUTES)]);
    let name = std::ffi::OsStr::from_bytes(b"b\xff.yaml");
    fs::write(folder.path().join(name), MORE).unwrap();
    assert_eq!(read(folder.path()).unwrap().rules().count(), 2);
}

#[test]
fn files_are_limited_in_number_and_in_size() {
    let many = TempDir::new().unwrap();
    for number in 0..=MAX_FILES {
        fs::write(many.path().join(format!("{number}.yaml")), "version: 1\n").unwrap();
    }
    assert!(refusal(many.path()).ends_with("a policy is at most 1000 files"));

    let half = "#".repeat(Source::MAX_BYTES / 2 + 1);
    let large = folder(&[("a.yaml", &half), ("b.yaml", &half)]);
    assert!(refusal(large.path()).starts_with("b.yaml: a policy is at most 16 MiB long"));
    assert!(PolicyFiles::read(&large.path().join("a.yaml")).is_ok());
}

#[test]
fn a_change_shows_in_the_folder_itself_and_above_it() {
    let folder = folder(&[("policy.yaml", ROUTES)]);
    let above = folder.path().parent().unwrap();
    assert_eq!(folders_of(folder.path()), [folder.path(), above]);
    assert_eq!(folders_of(&folder.path().join("policy.yaml")), [folder.path()]);
    assert_eq!(folders_of(&folder.path().join("absent")), [folder.path()]);
    assert_eq!(folders_of(&folder.path().join("absent/policy.yaml")), [folder.path()]);
    assert_eq!(folders_of(Path::new("policy.yaml")), [Path::new(".")]);
    assert_eq!(folders_of(Path::new("/")), [Path::new("/")]);
}
