use crate::config::{
    env::{self, Environment, Variable},
    settings::{Flags, MachineSettings, Settings},
};
use secrecy::ExposeSecret as _;
use std::{fs, time::Duration};

fn resolve(settings: &str, set: &[(Variable, &str)]) -> Result<MachineSettings, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bailiff.yaml");
    fs::write(&file, settings).unwrap();
    fs::write(folder.path().join("machine.key"), "ak_from_file\n").unwrap();
    let flags = Flags { config: Some(file), ..Flags::default() };
    Settings::resolve(&Environment::of(set), &flags)
        .map(|mut settings| settings.instances.remove(0).machines)
        .map_err(|error| error.to_string())
}

fn with(more: &str) -> String {
    format!("policy: p.yaml\ninstances:\n  - publishable_key: x\n{more}")
}

#[test]
fn without_a_word_there_is_no_machine_and_clerks_word_counts_for_half_a_minute() {
    let machines = resolve(&with(""), &[]).unwrap();
    assert!(machines.secret_key.is_none() && machines.options.id.is_none());
    assert_eq!(machines.options.remember, Duration::from_secs(30));
    assert_eq!(machines.options.remember_unknown, Duration::from_secs(5));
    assert_eq!(machines.calls_per_ten_seconds, None);
}

#[test]
fn everything_can_be_set() {
    let machines = resolve(
        &with(
            "    machine_secret_key_file: machine.key\n    machine_id: mch_2xYz\n    machine_tokens:\n      remember_ms: 0\n      remember_unknown_ms: 100\n      calls_per_ten_seconds: 2\n",
        ),
        &[(env::API_URL, "https://api.test")],
    )
    .unwrap();
    assert_eq!(machines.secret_key.unwrap().expose_secret(), "ak_from_file");
    assert_eq!(machines.options.id.as_deref(), Some("mch_2xYz"));
    assert_eq!(machines.options.remember, Duration::ZERO);
    assert_eq!(machines.options.remember_unknown, Duration::from_millis(100));
    assert_eq!(machines.calls_per_ten_seconds.unwrap().get(), 2);
    assert_eq!(machines.api_url.as_deref(), Some("https://api.test"));
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = with("    machine_secret_key_file: machine.key\n    machine_id: mch_file\n");
    let set = [(env::MACHINE_SECRET_KEY, "ak_environment"), (env::MACHINE_ID, "mch_environment")];
    let machines = resolve(&file, &set).unwrap();
    assert_eq!(machines.secret_key.unwrap().expose_secret(), "ak_environment");
    assert_eq!(machines.options.id.as_deref(), Some("mch_environment"));
}

#[test]
fn a_secret_key_in_the_place_of_the_other_is_told_and_never_shown() {
    for (variable, value) in
        [(env::MACHINE_SECRET_KEY, "sk_live_quiet"), (env::SECRET_KEY, "ak_quiet")]
    {
        let problem = resolve(&with(""), &[(variable, value)]).unwrap_err();
        assert!(problem.contains(variable.name), "{problem}");
        assert!(!problem.contains("quiet"), "{problem}");
    }
}

#[test]
fn what_can_name_no_machine_and_budgets_that_allow_nothing_are_refused() {
    for (more, named) in [
        ("    machine_id: ''\n", "machine_id"),
        ("    machine_id: user_2xYz\n", "machine_id"),
        ("    machine_id: mch_\n", "machine_id"),
        ("    machine_id: mch_a b\n", "machine_id"),
        ("    machine_tokens: { calls_per_ten_seconds: 0 }\n", "calls_per_ten_seconds"),
        ("    machine_tokens: { calls_per_ten_seconds: 1 }\n", "calls_per_ten_seconds"),
        ("    machine_tokens: { remember: 3 }\n", "remember"),
        ("    machine_secret_key: ak_x\n", "machine_secret_key"),
    ] {
        let problem = resolve(&with(more), &[]).unwrap_err();
        assert!(problem.contains(named), "{more}: {problem}");
        assert!(!problem.contains("ak_x"), "{problem}");
    }
}
