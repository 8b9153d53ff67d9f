//! What an operator changes in the standing of planners: holds and breakers, by name.

use super::change::{Change, tell};
use super::change_error::ChangeError;
use super::get_error::GetError;
use super::hold::{Hold, Holder, Kept, Quarantine};
use super::roster::Roster;
use super::standing::quarantine;
use crate::name::PlannerName;

/// What became of a hold that was lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifted {
    /// The operator's hold there was, or that of a self-test or a probe which failed.
    pub was: Option<Quarantine>,
    /// Who still holds the planner back: its author or the configuration, whose holds are not lifted so.
    pub still: Option<Quarantine>,
}

impl Roster {
    /// Holds the planner `name` back from now on, in place of an earlier hold of an operator.
    pub(crate) fn quarantine(&self, name: &str, hold: Hold) -> Result<Quarantine, ChangeError> {
        let name = self.known_name(name)?;
        let ledger = &self.supervision().ledger;
        let kept = Kept::new(hold, ledger.clock.now());
        let placed = quarantine(&name, kept.clone());
        let outcome = ledger.set_hold(&name, Some(&kept));
        tell(&ledger.journal, &name, &Change::Quarantined(&placed));
        ledger.journal.save();
        outcome?;
        Ok(placed)
    }

    /// Ends an operator's hold, the wait after a failed self-test, and the verdict of a failed probe.
    pub(crate) fn lift(&self, name: &str) -> Result<Lifted, ChangeError> {
        let name = self.known_name(name)?;
        let ledger = &self.supervision().ledger;
        let planner = self.find(name.as_str()).ok();
        let outcome = ledger.set_hold(&name, None);
        let tested = planner.and_then(|planner| {
            if let Some(quarantine) = planner.lift_failed_probe() {
                return Some(quarantine);
            }
            let quarantine = planner.quarantine()?;
            let waits = quarantine.by == Holder::SelfTest;
            (waits && planner.resident().reset()).then_some(quarantine)
        });
        let was = outcome?.map(|kept| quarantine(&name, kept)).or(tested);
        if was.is_some() {
            tell(&ledger.journal, &name, &Change::Released { lifted: true });
            ledger.journal.save();
        }
        let still = planner.and_then(|planner| planner.quarantine());
        Ok(Lifted { was, still })
    }

    /// Everyone who is held back, by name; also who is in no catalog.
    pub(crate) fn quarantined(&self) -> Result<Vec<Quarantine>, GetError> {
        let planners = self.planners()?;
        let ledger = &self.supervision().ledger;
        let mut held: Vec<_> = planners
            .iter()
            .filter_map(|planner| planner.quarantine())
            .collect();
        let is_listed = |name: &PlannerName| planners.iter().any(|own| own.name() == name);
        for record in ledger.records() {
            if !is_listed(record.name()) {
                held.extend(ledger.operators_hold(&record));
            }
        }
        let waiting = ledger.waiting_holds();
        let waiting = waiting.into_iter().filter(|(name, _)| !is_listed(name));
        held.extend(waiting.map(|(name, kept)| quarantine(&name, kept)));
        held.sort_by(|a, b| a.planner.cmp(&b.planner));
        held.dedup_by(|a, b| a.planner == b.planner);
        Ok(held)
    }

    /// Closes the breaker of the planner `name`; false if nothing was held against it.
    pub(crate) fn reset_breaker(&self, name: &str) -> Result<bool, ChangeError> {
        let name = self.known_name(name)?;
        Ok(!self.reset_breakers_of(Some(&name))?.is_empty())
    }

    /// Closes the breakers of all planners that there are at this moment; gives those that something was
    /// held against, by name.
    pub(crate) fn reset_breakers(&self) -> Result<Vec<PlannerName>, ChangeError> {
        self.ensure_discovered()?;
        self.reset_breakers_of(None)
    }

    fn reset_breakers_of(
        &self,
        name: Option<&PlannerName>,
    ) -> Result<Vec<PlannerName>, ChangeError> {
        let troubled = self.supervision().ledger.reset_breakers(name)?;
        let journal = self.journal();
        for planner in &troubled {
            tell(journal, planner, &Change::BreakerReset);
        }
        journal.save();
        Ok(troubled)
    }

    /// The name of a planner that is in the catalog, or allowed: a hold may come before its file.
    fn known_name(&self, name: &str) -> Result<PlannerName, GetError> {
        match self.find(name) {
            Ok(planner) => Ok(planner.name().clone()),
            Err(GetError::Absent { planner } | GetError::Refused { planner, .. }) => Ok(planner),
            Err(error) => Err(error),
        }
    }
}
