//! Takes the steps of a sandbox one by one and keeps account of them.

use super::{Enforced, Layer, LayerError, LayerName, LayerState, Mode, SandboxError, Spec};

/// The account of a sandbox that is being applied.
pub(super) struct Steps<'a> {
    spec: &'a Spec,
    layers: Vec<Layer>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        Self {
            spec,
            layers: Vec::new(),
        }
    }

    /// Whether a layer is to be applied at all.
    pub(super) fn is_wanted(&self, name: LayerName) -> bool {
        let applies = self.spec.mode != Mode::Off || name.is_housekeeping();
        applies && !self.spec.without.contains(&name)
    }

    /// Applies a layer if it is wanted, and notes what came of it. `Ok` is as it should be, whatever the
    /// state; `Err` is a layer that was wanted and cannot be had.
    pub(super) fn take(
        &mut self,
        name: LayerName,
        step: impl FnOnce() -> Result<LayerState, LayerError>,
    ) -> Result<(), SandboxError> {
        let demanded = self.spec.mode == Mode::Strict && name.is_demanded();
        let state = if self.is_wanted(name) {
            match step() {
                Ok(state) => state,
                Err(source) if demanded => {
                    return Err(SandboxError::Layer {
                        layer: name,
                        source,
                    });
                }
                Err(error) => LayerState::off(error.line()),
            }
        } else if demanded {
            return Err(SandboxError::LeftOut { layer: name });
        } else if self.spec.without.contains(&name) {
            LayerState::off("left out")
        } else {
            LayerState::off("the sandbox is switched off")
        };
        self.layers.push(Layer { name, state });
        Ok(())
    }

    /// Whether a layer was applied and holds, at least in part.
    pub(super) fn holds(&self, name: LayerName) -> bool {
        let mut layers = self.layers.iter();
        layers.any(|layer| layer.name == name && !matches!(layer.state, LayerState::Off { .. }))
    }

    /// The account, in the order of [`LayerName::ALL`].
    pub(super) fn finish(self) -> Enforced {
        let mut layers = self.layers;
        layers.sort_by_key(|layer| layer.name);
        Enforced { layers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing() -> Result<LayerState, LayerError> {
        Err(LayerError::new("not here"))
    }

    fn after(spec: &Spec, name: LayerName) -> Result<Enforced, &'static str> {
        let mut steps = Steps::new(spec);
        let taken = steps.take(name, failing);
        taken.map(|()| steps.finish()).map_err(|error| error.code())
    }

    fn off(name: LayerName, reason: &str) -> Enforced {
        let state = LayerState::off(reason);
        Enforced {
            layers: vec![Layer { name, state }],
        }
    }

    #[test]
    fn strict_fails_without_a_layer_that_it_demands_and_best_effort_says_so() {
        let (files, net) = (LayerName::Files, LayerName::NetworkNamespace);
        let mut spec = Spec::new(Mode::Strict);
        assert_eq!(after(&spec, files), Err("E_SANDBOX_LAYER"));
        assert_eq!(after(&spec, net), Ok(off(net, "not here")));
        spec.without = vec![files, net];
        assert_eq!(after(&spec, files), Err("E_SANDBOX_LAYER"));
        assert_eq!(after(&spec, net), Ok(off(net, "left out")));
        spec.mode = Mode::BestEffort;
        assert_eq!(after(&spec, files), Ok(off(files, "left out")));
        spec.without.clear();
        assert_eq!(after(&spec, files), Ok(off(files, "not here")));
    }

    #[test]
    fn switched_off_it_still_keeps_house() {
        let spec = Spec::new(Mode::Off);
        let (files, death) = (LayerName::Files, LayerName::ParentDeath);
        assert_eq!(
            after(&spec, files),
            Ok(off(files, "the sandbox is switched off"))
        );
        assert_eq!(after(&spec, death), Ok(off(death, "not here")));
    }
}
