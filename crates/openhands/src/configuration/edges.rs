//! `[[edge]]`: the served domains.

use serde::Serialize;

use super::checks::Checks;
use super::document::EdgeDocument;
use super::sections::RuntimeAccess;

/// A served domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The suffix of the stack name, `edge-<suffix>`; `None` for `edge`.
    pub suffix: Option<String>,
    /// The domain.
    pub domain_name: String,
    /// The ID of the hosted zone of the domain.
    pub hosted_zone_id: String,
    /// The subdomain.
    pub sub_domain: String,
    /// Access to apps started by agents.
    pub runtime_access: RuntimeAccess,
}

impl Edge {
    /// Returns the stack name of this edge.
    pub fn stack(&self) -> String {
        self.suffix.as_ref().map_or_else(|| "edge".to_owned(), |suffix| format!("edge-{suffix}"))
    }

    /// Returns the host name that users open.
    pub fn full_domain(&self) -> String {
        format!("{}.{}", self.sub_domain, self.domain_name)
    }
}

/// The values that edges inherit from the top level.
pub(super) struct Inherited {
    pub(super) domain_name: Option<String>,
    pub(super) hosted_zone_id: Option<String>,
    pub(super) sub_domain: String,
}

/// Validates the edges. `listed`: `false` for the edge of a configuration without `[[edge]]`.
pub(super) fn edges(
    checks: &mut Checks,
    documents: Vec<EdgeDocument>,
    inherited: &Inherited,
    listed: bool,
) -> Option<Vec<Edge>> {
    let mut edges: Vec<Option<Edge>> = Vec::new();
    let mut suffixes: Vec<Option<String>> = Vec::new();
    for (n, document) in documents.into_iter().enumerate() {
        let own = |key: &str| if listed { format!("edge.{n}.{key}") } else { key.to_owned() };
        let EdgeDocument { suffix, domain_name, hosted_zone_id, sub_domain, runtime_access } = document;
        let mut required = |key: &str, value: Option<String>, inherited: &Option<String>, help: &str| {
            let path = Some(own(key)).filter(|own| checks.is_given(own) || !checks.is_given(key));
            checks.require(path.as_deref().unwrap_or(key), value.or_else(|| inherited.clone()), help)
        };
        let help = "the domain that users open, for example `domain_name = \"example.com\"`";
        let domain_name = required("domain_name", domain_name, &inherited.domain_name, help);
        let help = "the Route 53 hosted zone of the domain, for example `hosted_zone_id = \"Z0123456789ABCDEFGHIJ\"`";
        let hosted_zone_id = required("hosted_zone_id", hosted_zone_id, &inherited.hosted_zone_id, help);
        if suffixes.contains(&suffix) {
            let message = match &suffix {
                Some(suffix) => format!("two edges have the suffix `{suffix}`"),
                None => "two edges have no `suffix`".to_owned(),
            };
            checks.refuse(&own("suffix"), message, "give each `[[edge]]` a unique `suffix`");
        }
        suffixes.push(suffix.clone());
        let sub_domain = sub_domain.unwrap_or_else(|| inherited.sub_domain.clone());
        let edge = domain_name.zip(hosted_zone_id).map(|(domain_name, hosted_zone_id)| Edge {
            suffix,
            domain_name,
            hosted_zone_id,
            sub_domain,
            runtime_access,
        });
        // The common name of a certificate has at most 64 characters: RequestCertificate of ACM, after RFC 5280.
        if let Some(host) = edge.as_ref().map(Edge::full_domain).filter(|host| host.len() > 64) {
            let sub_domain = own("sub_domain");
            let path = if checks.is_given(&sub_domain) { sub_domain } else { own("domain_name") };
            let message = format!("`{host}` has {} characters", host.len());
            checks.refuse(&path, message, "at most 64, the limit of a certificate; choose a shorter `sub_domain`");
        }
        edges.push(edge);
    }
    edges.into_iter().collect()
}
