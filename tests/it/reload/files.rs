//! Every way in which files come to be changed.

use super::{CLOSED, Changing, OPEN, SIGNED_IN, revision, told};
use serde_json::json;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

/// As editors and configuration management save: a temporary file takes the place of the old one.
fn save(path: &Path, text: &str) {
    let aside = path.with_extension("yaml.tmp");
    fs::write(&aside, text).expect("a temporary file");
    fs::rename(aside, path).expect("it takes the place");
}

/// One version of a `ConfigMap`, as the kubelet writes it: a folder aside, to which `..data` is turned.
fn mount(folder: &Path, version: &str, files: &[(&str, &str)]) {
    let data = format!("..{version}");
    fs::create_dir_all(folder.join(&data)).expect("a folder");
    for (name, text) in files {
        fs::write(folder.join(&data).join(name), text).expect("a file");
        let link = folder.join(name);
        if !link.is_symlink() {
            symlink(Path::new("..data").join(name), link).expect("a link");
        }
    }
    symlink(&data, folder.join("..data_tmp")).expect("a link");
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).expect("it is turned");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_takes_the_place_of_another_is_taken_up() {
    let changing = Changing::file().await;
    assert_eq!(changing.in_force(OPEN, 1).await, "200");
    save(&changing.policy, CLOSED);
    assert_eq!(changing.in_force(CLOSED, 1).await, "403 denied");
    // Again, and the other way round: the old file is moved aside first, as vim does.
    fs::rename(&changing.policy, changing.policy.with_extension("yaml~")).expect("it is moved");
    fs::write(&changing.policy, OPEN).expect("it is written");
    assert_eq!(changing.in_force(OPEN, 2).await, "200");

    let open = revision(OPEN);
    changing.counted(&format!(r#"bailiff_policy_info{{policy="live",revision="{open}"}} 1"#)).await;
    changing.counted(r#"bailiff_policy_bad{policy="live"} 0"#).await;
    let health = changing.health().await;
    assert!(health.contains(&format!("policy: revision {open}, loaded ")), "{health}");
    assert!(!health.contains("refused"), "{health}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_short_keeps_the_last_good_policy_until_it_is_whole() {
    let changing = Changing::file().await;
    let mut file = fs::File::create(&changing.policy).expect("it is cut to nothing");
    changing.refused("invalid", 1).await;
    assert_eq!(told(&changing.sidecar).await, "200");

    file.write_all(b"version: 1\nroutes: { /a: den").expect("half of it");
    changing.refused("invalid", 2).await;
    assert_eq!(told(&changing.sidecar).await, "200");
    changing.counted(r#"bailiff_policy_bad{policy="live"} 1"#).await;
    let health = changing.health().await;
    assert!(health.starts_with("ready\n"), "{health}");
    assert!(health.contains("policy: its files are refused since "), "{health}");
    assert!(health.contains("policy.yaml:2:"), "{health}");

    file.write_all(b"ied }\n").expect("the rest of it");
    assert_eq!(changing.in_force(CLOSED, 1).await, "403 denied");
    assert!(!changing.health().await.contains("refused"));
    changing.counted(r#"bailiff_policy_bad{policy="live"} 0"#).await;
    changing.counted(r#"bailiff_policy_reloads_total{policy="live",result="invalid"} 2"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_policy_is_told_of_with_every_error_and_changes_nothing() {
    let changing = Changing::file().await;
    save(&changing.policy, "version: 1\nroutes: { /a: publik, /b: { rolle: x } }\n");
    changing.refused("invalid", 1).await;
    let line = changing.sidecar.logged(super::refused("live", "invalid")).await;
    let errors = line["errors"].as_str().expect("the errors").to_owned();
    assert!(errors.contains("did you mean `public`?"), "{errors}");
    assert!(errors.contains("a requirement has no key `rolle`"), "{errors}");
    assert_eq!(line["revision"], json!(revision(OPEN)));
    let health = changing.health().await;
    assert!(health.contains("`publik` is no requirement (and 1 more)"), "{health}");
    assert_eq!(told(&changing.sidecar).await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_goes_away_keeps_the_policy_and_is_taken_up_when_it_comes_back() {
    let changing = Changing::file().await;
    fs::remove_file(&changing.policy).expect("it is removed");
    changing.refused("unreadable", 1).await;
    assert_eq!(told(&changing.sidecar).await, "200");
    assert!(changing.health().await.contains("unreadable: policy `"));
    // The same content is good again.
    fs::write(&changing.policy, OPEN).expect("it is written");
    assert_eq!(changing.in_force(OPEN, 2).await, "200");
    changing.counted(r#"bailiff_policy_bad{policy="live"} 0"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_goes_away_is_followed_when_another_one_comes_in_its_place() {
    let changing = Changing::file().await;
    let folder = changing.policy.parent().expect("a folder");
    fs::remove_dir_all(folder).expect("it is removed");
    changing.refused("unreadable", 1).await;
    assert_eq!(told(&changing.sidecar).await, "200");
    fs::create_dir(folder).expect("a folder");
    fs::write(&changing.policy, CLOSED).expect("it is written");
    assert_eq!(changing.in_force(CLOSED, 1).await, "403 denied");
    save(&changing.policy, SIGNED_IN);
    assert_eq!(changing.in_force(SIGNED_IN, 1).await, "401 signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_is_taken_up_whole_when_its_link_is_turned() {
    let rest = "version: 1\nroutes: { /b: public }\n";
    let changing = Changing::prepared(|directory| {
        let folder = directory.join("mounted");
        mount(&folder, "2026_01", &[("a.yaml", OPEN), ("b.yaml", rest)]);
        folder
    })
    .await;
    assert_eq!(told(&changing.sidecar).await, "200");
    let whole = "version: 1\nroutes: { /a: denied, /b: public }\n";
    mount(&changing.policy, "2026_02", &[("a.yaml", CLOSED), ("b.yaml", rest)]);
    fs::remove_dir_all(changing.policy.join("..2026_01")).expect("the kubelet cleans up");
    assert_eq!(changing.in_force(whole, 1).await, "403 denied");
    let whole = "version: 1\nroutes: { /a: signed_in, /b: public }\n";
    mount(&changing.policy, "2026_03", &[("a.yaml", SIGNED_IN), ("b.yaml", rest)]);
    assert_eq!(changing.in_force(whole, 1).await, "401 signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_of_a_config_map_is_taken_up_when_its_link_is_turned() {
    let changing = Changing::prepared(|directory| {
        let folder = directory.join("mounted");
        mount(&folder, "2026_01", &[("policy.yaml", OPEN)]);
        folder.join("policy.yaml")
    })
    .await;
    let folder = changing.policy.parent().expect("a folder").to_owned();
    mount(&folder, "2026_02", &[("policy.yaml", CLOSED)]);
    assert_eq!(changing.in_force(CLOSED, 1).await, "403 denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_put_in_the_place_of_another_is_watched_from_there_on() {
    let changing = Changing::prepared(|directory| {
        for (release, text) in [("one", OPEN), ("two", CLOSED)] {
            let folder = directory.join("releases").join(release);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("policy.yaml"), text).expect("a file");
        }
        symlink("releases/one", directory.join("current")).expect("a link");
        directory.join("current")
    })
    .await;
    assert_eq!(told(&changing.sidecar).await, "200");
    let aside = changing.policy.with_extension("next");
    symlink("releases/two", &aside).expect("a link");
    fs::rename(aside, &changing.policy).expect("it is turned");
    assert_eq!(changing.in_force(CLOSED, 1).await, "403 denied");
    save(&changing.policy.join("policy.yaml"), SIGNED_IN);
    assert_eq!(changing.in_force(SIGNED_IN, 1).await, "401 signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_to_a_folder_and_go_from_it() {
    let changing = Changing::prepared(|directory| {
        let folder = directory.join("rules");
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("a.yaml"), OPEN).expect("a file");
        folder
    })
    .await;
    let more = changing.policy.join("b.yaml");
    fs::write(&more, "version: 1\nroutes: { /A: denied }\n").expect("a file");
    changing.refused("invalid", 1).await;
    let errors =
        changing.sidecar.logged(super::refused("live", "invalid")).await["errors"].to_string();
    assert!(errors.contains("a.yaml") && errors.contains("b.yaml"), "{errors}");
    save(&more, "version: 1\nunlisted: signed_in\n");
    let both = "version: 1\nunlisted: signed_in\nroutes: { /a: public }\n";
    assert_eq!(changing.in_force(both, 1).await, "200");
    fs::remove_file(more).expect("it is removed");
    assert_eq!(changing.in_force(OPEN, 2).await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_fails_its_own_tests_never_comes_into_force() {
    let changing = Changing::file().await;
    let cases = "cases: [ { as: nobody, request: GET /a, expect: allow } ]\n";
    fs::write(changing.policy.with_extension("test.yaml"), cases).expect("tests beside it");
    assert_eq!(changing.in_force(OPEN, 2).await, "200");
    save(&changing.policy, CLOSED);
    changing.refused("tests_failed", 1).await;
    let line = changing.sidecar.logged(super::refused("live", "tests_failed")).await;
    let errors = line["errors"].as_str().expect("the errors").to_owned();
    assert!(errors.contains("policy.test.yaml:1:"), "{errors}");
    assert_eq!(told(&changing.sidecar).await, "200");
    let health = changing.health().await;
    assert!(health.contains("tests_failed: 1 of 1 tests fail, first "), "{health}");
    changing
        .counted(r#"bailiff_policy_reloads_total{policy="live",result="tests_failed"} 1"#)
        .await;
    // The tests are what is wrong.
    let cases = cases.replace("allow", "deny denied");
    fs::write(changing.policy.with_extension("test.yaml"), cases).expect("tests beside it");
    assert_eq!(changing.in_force(CLOSED, 1).await, "403 denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_reload_only_a_signal_takes_changes_up() {
    let changing = Changing::with_settings(
        |directory| directory.join("policy.yaml"),
        |settings, _| settings["reload"] = json!("off"),
    )
    .await;
    save(&changing.policy, SIGNED_IN);
    save(&changing.policy, CLOSED);
    changing.sidecar.signal("HUP");
    assert_eq!(changing.in_force(CLOSED, 1).await, "403 denied");
    assert!(!changing.sidecar.log().contains(&revision(SIGNED_IN)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_answered_even_if_nothing_changed() {
    let changing = Changing::file().await;
    changing.sidecar.signal("HUP");
    assert_eq!(changing.in_force(OPEN, 2).await, "200");
    save(&changing.policy, "version: 2\n");
    changing.refused("invalid", 1).await;
    changing.sidecar.signal("HUP");
    changing.refused("invalid", 2).await;
    assert_eq!(told(&changing.sidecar).await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_be_read_keeps_the_last_good_policy() {
    let changing = Changing::file().await;
    // As root, who may read everything, a folder does.
    let closed = fs::Permissions::from_mode(0o000);
    fs::set_permissions(&changing.policy, closed).expect("it is closed");
    if fs::read(&changing.policy).is_ok() {
        fs::remove_file(&changing.policy).expect("it is removed");
        fs::create_dir(&changing.policy).expect("a folder");
    } else {
        changing.sidecar.signal("HUP");
    }
    changing.refused("unreadable", 1).await;
    assert_eq!(told(&changing.sidecar).await, "200");
}
