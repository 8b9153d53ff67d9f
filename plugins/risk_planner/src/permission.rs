//! Whether tasks may be marked HIGH.

use plugin_api::{Context, PlanContext, PlanError, RiskLevel};

/// The operator's setting.
const SETTING: &str = "allow_high_risk";

/// Whether tasks may be marked HIGH, and if not, who is against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    Granted,
    NotAsked,
    Forbidden,
}

impl Permission {
    /// The asker grants it, and the operator can overrule.
    pub(crate) fn of(context: &PlanContext, cx: &Context) -> Result<Permission, PlanError> {
        let operator = cx.setting::<bool>(SETTING)?;
        Ok(Permission::decide(context.allows_high_risk(), operator))
    }

    fn decide(asker: bool, operator: Option<bool>) -> Permission {
        match (asker, operator) {
            (_, Some(false)) => Permission::Forbidden,
            (true, _) => Permission::Granted,
            (false, _) => Permission::NotAsked,
        }
    }

    /// The level that a task of `level` may be marked with.
    pub(crate) fn clamp(self, level: RiskLevel) -> RiskLevel {
        match self {
            Permission::Granted => level,
            Permission::NotAsked | Permission::Forbidden => level.min(RiskLevel::Medium),
        }
    }

    /// Why a task of high risk is not marked so; `None` if it is.
    pub(crate) fn objection(self) -> Option<&'static str> {
        match self {
            Permission::Granted => None,
            Permission::NotAsked => Some("the context does not say allow_high_risk: true"),
            Permission::Forbidden => Some("the setting allow_high_risk is false"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asker_grants_and_the_operator_overrules() {
        assert_eq!(Permission::decide(true, None), Permission::Granted);
        assert_eq!(Permission::decide(true, Some(true)), Permission::Granted);
        assert_eq!(Permission::decide(true, Some(false)), Permission::Forbidden);
        assert_eq!(Permission::decide(false, None), Permission::NotAsked);
        assert_eq!(Permission::decide(false, Some(true)), Permission::NotAsked);
        assert_eq!(
            Permission::decide(false, Some(false)),
            Permission::Forbidden
        );
    }

    #[test]
    fn only_high_is_lowered() {
        let levels = [RiskLevel::Low, RiskLevel::Medium, RiskLevel::High];
        let clamped = [RiskLevel::Low, RiskLevel::Medium, RiskLevel::Medium];
        assert_eq!(levels.map(|level| Permission::Granted.clamp(level)), levels);
        assert_eq!(
            levels.map(|level| Permission::NotAsked.clamp(level)),
            clamped
        );
        assert_eq!(
            levels.map(|level| Permission::Forbidden.clamp(level)),
            clamped
        );
    }
}
