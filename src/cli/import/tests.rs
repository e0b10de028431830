use super::{Command, Exit, MatchersArguments, OpenApiArguments, Output, run};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn matchers(file: &Path, public: bool, output: Option<PathBuf>, force: bool) -> Exit {
    let (file, output) = (Some(file.to_owned()), Output { output, force });
    run(Command::Matchers(MatchersArguments { file, public, protected: false, output }))
}

#[test]
fn a_file_is_written_over_on_request_only() {
    let folder = tempfile::tempdir().unwrap();
    let (list, policy) = (folder.path().join("list.json"), folder.path().join("policy.yaml"));
    fs::write(&list, "[\"/a\"]").unwrap();
    assert_eq!(matchers(&list, true, Some(policy.clone()), false), Exit::Good);
    assert!(fs::read_to_string(&policy).unwrap().contains("  /a: public\n"));

    fs::write(&policy, "mine").unwrap();
    assert_eq!(matchers(&list, true, Some(policy.clone()), false), Exit::Usage);
    assert_eq!(fs::read_to_string(&policy).unwrap(), "mine");
    assert_eq!(matchers(&list, true, Some(policy.clone()), true), Exit::Good);
    assert!(fs::read_to_string(&policy).unwrap().contains("  /a: public\n"));
}

#[test]
fn what_cannot_be_imported_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (source, policy) = (folder.path().join("source"), folder.path().join("policy.yaml"));
    let openapi = |file: &Path| {
        let output = Output { output: Some(policy.clone()), force: true };
        run(Command::Openapi(OpenApiArguments { file: file.to_owned(), output }))
    };
    assert_eq!(matchers(&source, true, Some(policy.clone()), true), Exit::Usage, "no such file");
    assert_eq!(openapi(&source), Exit::Usage, "no such file");
    fs::write(&source, "swagger: '2.0'").unwrap();
    assert_eq!(openapi(&source), Exit::Bad);
    assert_eq!(matchers(&source, true, Some(policy.clone()), true), Exit::Bad);
    fs::write(&source, "[]").unwrap();
    assert_eq!(matchers(&source, false, Some(policy.clone()), true), Exit::Usage, "no meaning");
    assert!(!policy.exists());
}
