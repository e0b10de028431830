//! What the demo prints: where everything is, and commands to paste with the answer to expect.

use std::{fmt, net::SocketAddr, path::Path};

/// One request worth trying, and what comes of it under the sample policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    /// The handle of whoever asks; nobody where absent.
    pub(super) person: Option<&'static str>,
    /// Whether a browser asks, rather than a program.
    pub(super) browser: bool,
    /// The method.
    pub(super) method: &'static str,
    /// The path.
    pub(super) path: &'static str,
    /// The status of the answer.
    pub(super) status: u16,
    /// Why.
    pub(super) reason: &'static str,
}

const fn attempt(
    person: Option<&'static str>,
    method: &'static str,
    path: &'static str,
    status: u16,
    reason: &'static str,
) -> Attempt {
    Attempt { person, browser: false, method, path, status, reason }
}

/// Every kind of answer once.
pub(super) const ATTEMPTS: [Attempt; 18] = [
    attempt(None, "GET", "/docs/intro", 200, "public"),
    attempt(None, "GET", "/dashboard", 401, "signed_out"),
    Attempt { browser: true, ..attempt(None, "GET", "/dashboard", 302, "to the sign-in page") },
    attempt(None, "GET", "/docs/%2e%2e/admin", 401, "signed_out: Envoy reads it as /admin"),
    attempt(None, "GET", "/docs/%252e%252e/admin", 400, "ambiguous_path"),
    attempt(Some("reader"), "GET", "/dashboard", 200, "signed in"),
    attempt(Some("reader"), "GET", "/invoices/7", 200, "has the permission"),
    attempt(Some("reader"), "DELETE", "/invoices/7", 403, "permission"),
    attempt(Some("reader"), "GET", "/reports", 403, "plan"),
    attempt(Some("reader"), "GET", "/exports", 403, "feature"),
    attempt(Some("reader"), "GET", "/admin", 403, "role"),
    attempt(Some("boss"), "GET", "/admin", 200, "has the role"),
    attempt(Some("boss"), "GET", "/reports", 200, "has the plan"),
    attempt(Some("boss"), "DELETE", "/invoices/7", 403, "reverification"),
    attempt(Some("boss"), "GET", "/attic", 403, "denied"),
    attempt(Some("boss"), "GET", "/nowhere", 403, "no_route"),
    attempt(Some("newcomer"), "GET", "/dashboard", 200, "signed in"),
    attempt(Some("newcomer"), "GET", "/team", 403, "organization_required"),
];

/// Where everything is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guide<'g> {
    /// The stand-in Clerk instance, as browsers reach it.
    pub(super) clerk: &'g str,
    /// The sample service.
    pub(super) upstream: SocketAddr,
    /// The sidecar's gRPC door.
    pub(super) grpc: SocketAddr,
    /// The policy in force.
    pub(super) policy: &'g Path,
    /// Envoy, if it runs.
    pub(super) proxy: Option<Proxy<'g>>,
}

/// A running Envoy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proxy<'g> {
    /// The proxy, as browsers reach it: scheme, host and port.
    pub(super) origin: &'g str,
    /// Its log.
    pub(super) log: &'g Path,
}

impl fmt::Display for Guide<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clerk, upstream, grpc, policy, proxy } = self;
        writeln!(formatter, "Bailiff demo. Ctrl-C ends all of it.\n")?;
        if let Some(Proxy { origin, log }) = proxy {
            writeln!(formatter, "  shop      {origin}/  through Envoy, which asks Bailiff first")?;
            writeln!(formatter, "  envoy log {}", log.display())?;
        }
        writeln!(formatter, "  clerk     {clerk}/  a stand-in: anybody may sign in as anybody")?;
        writeln!(formatter, "  bailiff   {grpc}  gRPC: ext_authz, Authorize, GetClaims")?;
        writeln!(formatter, "  service   {upstream}  what Envoy protects; checks nothing itself")?;
        writeln!(formatter, "  policy    {}\n", policy.display())?;
        match proxy {
            Some(proxy) => {
                writeln!(formatter, "In a browser, open {}/dashboard\n", proxy.origin)?;
                writeln!(formatter, "In a terminal:\n")?;
                for attempt in ATTEMPTS {
                    let command = attempt.command(clerk, proxy.origin);
                    let Attempt { status, reason, .. } = attempt;
                    writeln!(formatter, "  # {status} {reason}\n  {command}")?;
                }
            }
            None => writeln!(
                formatter,
                "No Envoy was found: install it, or name it with --envoy, to see the shop in a \
                 browser.\n\nOver gRPC, in a terminal:"
            )?,
        }
        self.grpc_commands(formatter)
    }
}

impl Guide<'_> {
    fn grpc_commands(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clerk, grpc, .. } = self;
        for (comment, question) in [
            ("may the boss refund? EFFECT_ALLOW", r#""action":{"name":"invoice.refund"}"#),
            (
                "has the boss this feature? EFFECT_ALLOW",
                r#""requirement":{"features":["exports"]}"#,
            ),
        ] {
            writeln!(formatter, "\n  # {comment}")?;
            writeln!(
                formatter,
                "  grpcurl -plaintext -d '{{\"credential\":{{\"token\":\"'$(curl -s {clerk}/tokens/boss)'\"}},\
                 {question}}}' {grpc} bailiff.v1.AuthorizationService/Authorize"
            )?;
        }
        writeln!(formatter, "\n  # what Bailiff reads in a token")?;
        writeln!(
            formatter,
            "  curl -s {clerk}/tokens/reader | bailiff token inspect -\n\n  # is it ready?\n  \
             bailiff healthcheck --address {grpc}"
        )
    }
}

impl Attempt {
    /// The command that makes it.
    fn command(&self, clerk: &str, proxy: &str) -> String {
        let mut command = "curl -i".to_owned();
        if self.method != "GET" {
            command.push_str(" -X ");
            command.push_str(self.method);
        }
        if self.browser {
            command.push_str(" -H 'Accept: text/html'");
        }
        if let Some(person) = self.person {
            command.push_str(" -H \"Authorization: Bearer $(curl -s ");
            command.push_str(clerk);
            command.push_str("/tokens/");
            command.push_str(person);
            command.push_str(")\"");
        }
        if self.path.contains('%') {
            command.push_str(" --path-as-is");
        }
        format!("{command} {proxy}{}", self.path)
    }
}

#[cfg(test)]
mod tests;
