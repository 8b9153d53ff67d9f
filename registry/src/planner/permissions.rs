//! What a planner asks for in its manifest, and what of it the operator grants.
//!
//! Asking grants nothing. A word counts as granted by what is really granted: `net`, `read` and `env` by
//! the settings of these names, where the word `net` in `permissions` stands for every port; any
//! other word, of which a sandbox knows nothing, by standing in `permissions`.

use super::Planner;
use crate::config::{Network, PlannerSettings, Policy};

/// The word for connections.
const NET: &str = "net";

/// The connections that the settings of a planner grant. Ports that are named narrow the word down.
pub(super) fn granted_net(own: &PlannerSettings) -> Network {
    let words = own.permissions.as_deref().unwrap_or_default();
    match &own.net {
        Some(net) => net.clone(),
        None if words.iter().any(|word| word == NET) => Network::Any,
        None => Network::None,
    }
}

impl Planner {
    /// The permissions that its manifest asks for and nobody grants it. A planner that runs in process is
    /// denied nothing, so it lacks none.
    pub fn not_granted(&self) -> Vec<String> {
        if self.policy() == Policy::InProcess {
            return Vec::new();
        }
        let asked = self.manifest.permissions.iter();
        let lacking = asked.filter(|word| !self.is_granted(word));
        lacking.cloned().collect()
    }

    fn is_granted(&self, word: &str) -> bool {
        let options = &self.options;
        match word {
            NET => options.sandbox.net.is_granted(),
            "read" => !options.sandbox.read.is_empty(),
            "env" => !options.variables.is_empty(),
            word => options.permissions.iter().any(|granted| granted == word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_grants_every_port_unless_some_are_named() {
        let granted = |words: &[&str], net: Option<Network>| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            granted_net(&PlannerSettings {
                permissions: Some(words),
                net,
                ..PlannerSettings::default()
            })
        };
        let ports = Network::Ports(vec![443]);
        assert_eq!(granted(&["net"], None), Network::Any);
        assert_eq!(granted(&["net"], Some(ports.clone())), ports);
        assert_eq!(granted(&["net"], Some(Network::None)), Network::None);
        assert_eq!(granted(&["env", "Net"], None), Network::None);
        assert_eq!(granted(&[], Some(ports.clone())), ports);
    }
}
