//! Counts, and names what fails.

use crate::{
    case::Case,
    compare::compare,
    outcome::Outcome,
    run::{Decided, Observed},
    stricter::{self, Listed},
};
use bailiff::{clerk::request::Authentication, core::reason::Reason};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
};
use url::Url;

/// The result of a run.
pub(crate) struct Report {
    listed: Listed,
    cases: usize,
    matching: usize,
    unsupported: usize,
    stricter: Vec<String>,
    stricter_by_cause: BTreeMap<&'static str, Vec<String>>,
    failures: BTreeMap<String, Vec<String>>,
}

enum Verdict {
    Match,
    Unsupported,
    Stricter(&'static str),
    Fail(String),
}

impl Report {
    pub(crate) fn new(listed: Listed) -> Self {
        Self {
            listed,
            cases: 0,
            matching: 0,
            unsupported: 0,
            stricter: Vec::new(),
            stricter_by_cause: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, case: &Case, observed: &Observed) {
        self.cases += 1;
        match judge(case, observed) {
            Verdict::Match => self.matching += 1,
            Verdict::Unsupported => self.unsupported += 1,
            Verdict::Stricter(cause) => {
                if case.category != "quirk" && !self.listed.allows(&case.id, cause) {
                    let why = format!("stricter ({cause}), but not listed");
                    self.fail(case, &why);
                } else {
                    self.stricter.push(case.id.clone());
                    self.stricter_by_cause.entry(cause).or_default().push(case.id.clone());
                }
            }
            Verdict::Fail(why) => self.fail(case, &why),
        }
    }

    fn fail(&mut self, case: &Case, why: &str) {
        let failures = self.failures.entry(case.category.clone()).or_default();
        failures.push(format!("{}: {why}", case.id));
    }

    #[expect(clippy::print_stdout, reason = "the report is the point of this program")]
    pub(crate) fn finish(mut self) -> ExitCode {
        for id in self.listed.unused(&self.stricter) {
            let why = format!("{id}: listed as stricter, but it is not");
            self.failures.entry("listed".to_owned()).or_default().push(why);
        }
        for (category, failures) in &self.failures {
            println!("\n{category}: {} fail", failures.len());
            for failure in failures {
                println!("  {failure}");
            }
        }
        println!();
        for (cause, ids) in &self.stricter_by_cause {
            println!("stricter, {cause}: {}", ids.len());
        }
        let failed: usize = self.failures.values().map(Vec::len).sum();
        println!(
            "conformance: {} cases, {} match, {} stricter, {} unsupported, {failed} fail",
            self.cases,
            self.matching,
            self.stricter.len(),
            self.unsupported,
        );
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn judge(case: &Case, observed: &Observed) -> Verdict {
    if matches!(observed, Observed::Unsupported) {
        return Verdict::Unsupported;
    }
    if case.category == "quirk" {
        return judge_quirk(case, observed);
    }
    if case.expect["status"] == "error" {
        return judge_error(case, observed);
    }
    let Observed::Decided(decided) = observed else {
        if let Some(cause) = stricter::cause_of_refusal(case, observed) {
            return Verdict::Stricter(cause);
        }
        return Verdict::Fail(format!("the options were refused: {}", refusal(observed)));
    };
    if case.expect.get("authError").is_some_and(|error| !error.is_null()) {
        return if Outcome::of(&decided.authentication).is_signed_in() {
            Verdict::Fail("there is a user".to_owned())
        } else {
            Verdict::Match
        };
    }
    let differences = compare(case, decided);
    if differences.is_empty() {
        return Verdict::Match;
    }
    stricter::cause(case, observed, &differences)
        .map_or_else(|| Verdict::Fail(differences.join("\n      ")), Verdict::Stricter)
}

fn refusal(observed: &Observed) -> String {
    match observed {
        Observed::Refused(refused) => refused.to_string(),
        Observed::Unsupported | Observed::Decided(_) => String::new(),
    }
}

/// The package threw.
fn judge_error(case: &Case, observed: &Observed) -> Verdict {
    let decided = match observed {
        Observed::Decided(decided) => decided,
        Observed::Refused(_) | Observed::Unsupported => return Verdict::Match,
    };
    let refused = match &decided.authentication {
        Authentication::SignedOut(out) => {
            case.expect["error"]["kind"] != "configuration"
                || out.reason.reason() == Reason::Misconfigured
        }
        Authentication::SignedIn(_)
        | Authentication::Pending(_)
        | Authentication::Machine(_)
        | Authentication::Redirect(_) => false,
    };
    if refused { Verdict::Match } else { Verdict::Fail("the request was not refused".to_owned()) }
}

/// Stricter is right here, as long as no foreign host comes in.
fn judge_quirk(case: &Case, observed: &Observed) -> Verdict {
    let decided = match observed {
        Observed::Decided(decided) => decided,
        Observed::Refused(_) | Observed::Unsupported => return Verdict::Stricter("quirk"),
    };
    let signed_in = Outcome::of(&decided.authentication).is_signed_in();
    if signed_in && case.expect["status"] != "signed-in" {
        return Verdict::Fail("more permissive than the record".to_owned());
    }
    if let Some(host) = foreign_host(case, decided) {
        return Verdict::Fail(format!("the redirect names {host}"));
    }
    if compare(case, decided).is_empty() { Verdict::Match } else { Verdict::Stricter("quirk") }
}

/// A host in a redirect, or in its return address, that neither configuration nor request name.
fn foreign_host(case: &Case, decided: &Decided) -> Option<String> {
    let Authentication::Redirect(redirect) = &decided.authentication else { return None };
    let url = redirect.location.url();
    let mut named: BTreeSet<String> = BTreeSet::new();
    named.insert(decided.instance.publishable_key().frontend_api_host().to_owned());
    let configured = ["proxyUrl", "signInUrl", "signUpUrl"].iter().filter_map(|n| case.option(n));
    let hosts = |text: &str| Url::parse(text).ok()?.host_str().map(ToOwned::to_owned);
    named.extend(configured.filter_map(hosts));
    named
        .extend(case.option("domain").and_then(|domain| hosts(&format!("https://clerk.{domain}"))));
    let (_, authority, _) = case.address();
    let host = case.header("host");
    let forwarded = case.header("x-forwarded-host").and_then(|list| list.split(',').next());
    for authority in [Some(authority), host, forwarded].into_iter().flatten() {
        named.extend(hosts(&format!("https://{authority}")));
    }
    let back = url
        .query_pairs()
        .filter(|(name, _)| matches!(&**name, "redirect_url" | "__clerk_redirect_url"))
        .filter_map(|(_, value)| hosts(&value));
    let led_to = url.host_str().map(ToOwned::to_owned);
    back.chain(led_to).find(|host| !named.contains(host))
}
