//! Who sends telemetry.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

/// What is told of this process beside its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceOptions {
    /// `service.name`.
    pub service_name: String,
    /// Whatever else: names and values.
    pub attributes: Vec<(String, String)>,
}

impl ResourceOptions {
    /// The name alone.
    #[must_use]
    pub fn standard() -> Self {
        Self { service_name: "bailiff".to_owned(), attributes: Vec::new() }
    }
}

/// What stands with everything that is sent. `instance` tells replicas apart.
pub(super) fn resource(options: &ResourceOptions, instance: u128) -> Resource {
    let ResourceOptions { service_name, attributes } = options;
    let own = [
        KeyValue::new("service.name", service_name.clone()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", uuid(instance)),
    ];
    let more = attributes.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    // Later ones take the place of earlier ones: an instance may be given a name of its own.
    Resource::builder_empty().with_attributes(own.into_iter().chain(more)).build()
}

/// Random bits in the form of a UUID of version 4.
fn uuid(bits: u128) -> String {
    let bits = (bits & !(0xf000 << 64) & !(0xc000 << 48)) | (0x4000 << 64) | (0x8000 << 48);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::{ResourceOptions, resource, uuid};
    use opentelemetry::Key;

    #[test]
    fn an_instance_has_an_id_of_the_usual_form() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn settings_add_attributes_and_may_name_the_instance() {
        let mut options = ResourceOptions::standard();
        options.attributes.push(("deployment.environment.name".into(), "staging".into()));
        options.attributes.push(("service.instance.id".into(), "replica-1".into()));
        let resource = resource(&options, 7);
        let value = |name: &'static str| resource.get(&Key::from(name)).map(|it| it.to_string());
        assert_eq!(value("service.name").as_deref(), Some("bailiff"));
        assert_eq!(value("service.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
        assert_eq!(value("service.instance.id").as_deref(), Some("replica-1"));
        assert_eq!(value("deployment.environment.name").as_deref(), Some("staging"));
    }
}
