//! What of the network is granted.

use figment::value::Value;
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::config::error::Reason;

/// Most ports that are granted one by one.
const PORTS_MAX: usize = 1_000;

/// The word for every port.
const ANY: &str = "any";

/// What of the network is granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// TCP connections to these ports, and resolving names.
    Ports(Vec<u16>),
    /// TCP connections to every port, and resolving names.
    Any,
}

impl Network {
    /// Whether anything is granted.
    pub fn is_granted(&self) -> bool {
        *self != Self::None
    }
}

/// Ports separated by commas, or the word for all of them. No port grants nothing.
#[derive(Debug)]
pub(in crate::config) struct Ports;

impl Kind for Ports {
    type Value = Network;

    fn parse(&self, value: &Value) -> Result<Network, Reason> {
        let entries = match value {
            Value::Array(_, items) => items.iter().map(text).collect::<Option<Vec<_>>>(),
            one => text(one).map(|text| text.split(',').map(str::to_owned).collect()),
        };
        let entries = entries.ok_or(Reason::WrongType)?;
        let entries: Vec<_> = entries
            .iter()
            .map(|entry| entry.trim())
            .filter(|entry| !entry.is_empty())
            .collect();
        if entries.len() > PORTS_MAX {
            return Err(Reason::TooMany(PORTS_MAX));
        }
        if entries == [ANY] {
            return Ok(Network::Any);
        }
        let mut ports = entries
            .into_iter()
            .map(port)
            .collect::<Result<Vec<_>, _>>()?;
        ports.sort_unstable();
        ports.dedup();
        Ok(if ports.is_empty() {
            Network::None
        } else {
            Network::Ports(ports)
        })
    }

    fn allowed(&self) -> String {
        format!("TCP ports from 1 to 65535 separated by ',', or {ANY}")
    }

    fn show(&self, value: &Network) -> String {
        match value {
            Network::None => String::new(),
            Network::Ports(ports) => ports
                .iter()
                .map(u16::to_string)
                .collect::<Vec<_>>()
                .join(","),
            Network::Any => ANY.to_owned(),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value.as_str() {
        Some(text) => Some(text.to_owned()),
        None => Some(value.to_i128()?.to_string()),
    }
}

/// The port 0 would mean another thing to the kernel.
fn port(text: &str) -> Result<u16, Reason> {
    match text.parse::<i64>() {
        Ok(number) => match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(Reason::OutOfRange),
        },
        Err(_) => Err(Reason::NotANumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_granted_one_by_one_or_all_at_once() {
        let listed = Value::from(vec![Value::from("8080"), Value::from(443_i64)]);
        let ports = Network::Ports(vec![443, 8080]);
        assert_eq!(Ports.parse(&listed).unwrap(), ports);
        assert_eq!(Ports.parse(&Value::from("443, 8080,443")).unwrap(), ports);
        assert_eq!(Ports.parse(&Value::from("any")).unwrap(), Network::Any);
        assert_eq!(Ports.parse(&Value::from("")).unwrap(), Network::None);
        assert_eq!(Ports.show(&ports), "443,8080");
        for (given, reason) in [
            ("0", "out of range"),
            ("65536", "out of range"),
            ("https", "not a number"),
            ("443,any", "not a number"),
        ] {
            let error = Ports.parse(&Value::from(given)).unwrap_err();
            assert_eq!(error.to_string(), reason, "{given}");
        }
    }
}
