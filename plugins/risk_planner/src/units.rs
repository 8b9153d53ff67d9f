//! Units: what is changed behind one gate.
//!
//! The riskiest files have a gate each. Where there are more than a person would pass one by one, the
//! others share gates, neighbours in risk together. What is not risky needs none.

use plugin_api::RiskLevel;

use crate::score::Scored;

/// Most files that have a gate of their own.
pub(crate) const ALONE_MAX: usize = 40;

/// Most gates that several files share.
pub(crate) const SHARED_MAX: usize = 30;

/// The files of a request, divided by what their risk asks for.
#[derive(Debug, Default)]
pub(crate) struct Units {
    /// What stands behind a gate, the riskiest first.
    pub(crate) risky: Vec<Vec<Scored>>,
    /// What needs none, the riskiest first.
    pub(crate) calm: Vec<Scored>,
}

/// Divides files that are ranked already.
pub(crate) fn divide(ranked: Vec<Scored>) -> Units {
    let (mut risky, calm): (Vec<Scored>, Vec<Scored>) = ranked
        .into_iter()
        .partition(|scored| scored.level > RiskLevel::Low);
    let rest = risky.split_off(risky.len().min(ALONE_MAX));
    let mut units: Vec<Vec<Scored>> = risky.into_iter().map(|scored| vec![scored]).collect();
    let share = rest.len().div_ceil(SHARED_MAX).max(1);
    units.extend(rest.chunks(share).map(<[Scored]>::to_vec));
    Units { risky: units, calm }
}
