//! The settings file: what Bailiff takes is what its schema takes, and what it refuses it refuses in
//! one line that shows no secret.

use super::{Corpus, search};
use bailiff::config::{
    env::Environment,
    file::SettingsFile,
    settings::{Flags, Settings},
};
use serde_json::Value;
use std::{fs, panic::AssertUnwindSafe};

const WORDS: &[&str] = &[
    "policy:",
    "instances:",
    "listeners:",
    "grpc:",
    "admin:",
    "off",
    "on",
    "true",
    "null",
    "~",
    "[",
    "]",
    "{",
    "}",
    "- ",
    ": ",
    "\n  ",
    "\n",
    "&a",
    "*a",
    "!!str",
    "\"",
    "'",
    "#",
    "\t",
    "-1",
    "1e9",
    "4294967296",
    "secret_key: sk_live_hush",
    "unix:/x",
    "hosts:",
    "reflection:",
    "clock_skew_ms:",
    "\u{e9}",
    "\0",
];

#[test]
fn what_is_taken_fits_the_schema_and_what_is_refused_shows_no_secret() {
    let schema = jsonschema::draft202012::new(&SettingsFile::schema()).expect("a schema");
    let folder = tempfile::tempdir().expect("a folder");
    let world = AssertUnwindSafe((schema, folder));
    search!(Corpus::of("settings", WORDS), |input: &[u8]| {
        let (schema, folder) = &*world;
        let path = folder.path().join("bailiff.yaml");
        fs::write(&path, input).expect("the file is written");
        let flags = Flags { config: Some(path), ..Flags::default() };
        let text = String::from_utf8_lossy(input);
        match Settings::resolve(&Environment::default(), &flags) {
            Ok(_) => {
                // What YAML alone has, such as tags, has no schema.
                let options = serde_saphyr::options! { strict_booleans: true };
                let document = serde_saphyr::from_str_with_options::<Value>(&text, options);
                let Ok(document @ Value::Object(_)) = document else { return };
                let mistakes: Vec<_> =
                    schema.iter_errors(&document).map(|error| error.to_string()).collect();
                assert!(mistakes.is_empty(), "{mistakes:?}\n{text}");
            }
            Err(error) => {
                let said = error.to_string();
                // Where it has become a part of a name, it is shown as one.
                let whole = text.matches("\n    secret_key: sk_live_hush\n").count();
                let is_value = text.matches("sk_live_hush").count() == whole;
                assert!(!is_value || !said.contains("sk_live_hush"), "{said}\n{text}");
                assert!(!said.contains('\n'), "{said:?}\n{text}");
            }
        }
    });
}
