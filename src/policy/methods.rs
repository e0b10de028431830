//! Which rule of a template a method falls under.

use super::access::Rule;

/// Methods whose misspelling is taken for a slip. Any other name in capitals is a method as well.
pub(super) const COMMON: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];

/// The rules of a route.
#[derive(Debug)]
pub(super) enum Methods {
    /// One rule for every method.
    Every(Rule),
    /// A rule for each of these, and none for others.
    Listed(Box<[Listed]>),
}

/// One list of methods and its rule.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) methods: Box<[Box<str>]>,
    pub(super) rule: Rule,
}

impl Methods {
    /// The rule for a method, which must be in capitals. `GET` covers `HEAD` unless `HEAD` is listed.
    pub(super) fn rule(&self, method: &str) -> Option<&Rule> {
        match self {
            Self::Every(rule) => Some(rule),
            Self::Listed(lists) => {
                let find = |method: &str| lists.iter().find(|list| list.names(method));
                let head = || if method == "HEAD" { find("GET") } else { None };
                find(method).or_else(head).map(|list| &list.rule)
            }
        }
    }

    /// The methods that are listed; none where there is one rule for every method.
    pub(super) fn listed(&self) -> Vec<String> {
        match self {
            Self::Every(_) => Vec::new(),
            Self::Listed(lists) => {
                lists.iter().flat_map(|list| &list.methods).map(ToString::to_string).collect()
            }
        }
    }

    /// Whether the method is written out.
    pub(super) fn lists(&self, method: &str) -> bool {
        match self {
            Self::Every(_) => false,
            Self::Listed(lists) => lists.iter().any(|list| list.names(method)),
        }
    }

    /// Every rule, and the methods it is written below; `None` where it holds for every one.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Option<&[Box<str>]>, &Rule)> {
        let (every, lists): (_, &[Listed]) = match self {
            Self::Every(rule) => (Some((None, rule)), &[]),
            Self::Listed(lists) => (None, lists),
        };
        every.into_iter().chain(lists.iter().map(|list| (Some(&*list.methods), &list.rule)))
    }

    /// Every rule, to add to it.
    pub(super) fn rules_mut(&mut self) -> impl Iterator<Item = &mut Rule> {
        let (every, lists): (_, &mut [Listed]) = match self {
            Self::Every(rule) => (Some(rule), &mut []),
            Self::Listed(lists) => (None, lists),
        };
        every.into_iter().chain(lists.iter_mut().map(|list| &mut list.rule))
    }
}

impl Listed {
    fn names(&self, method: &str) -> bool {
        self.methods.iter().any(|listed| **listed == *method)
    }
}

/// Whether a key names methods rather than something that is required.
pub(super) fn is_method_list(key: &str) -> bool {
    let capital = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'-' | b',' | b' ');
    key.bytes().any(|byte| byte.is_ascii_uppercase()) && key.bytes().all(capital)
}
