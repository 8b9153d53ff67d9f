//! Numbers, counts and durations, each within a range.

use std::time;

use figment::value::Value;

use super::Kind;
use crate::config::{error::Reason, value::scalar_text};

/// A finite number.
#[derive(Debug)]
pub(in crate::config) struct Number {
    pub(in crate::config) min: f64,
    pub(in crate::config) max: f64,
}

impl Kind for Number {
    type Value = f64;

    fn parse(&self, value: &Value) -> Result<f64, Reason> {
        let text = scalar_text(value).ok_or(Reason::WrongType)?;
        let number = parse_finite(text.trim(), Reason::NotANumber)?;
        if (self.min..=self.max).contains(&number) {
            Ok(number)
        } else {
            Err(Reason::OutOfRange)
        }
    }

    fn allowed(&self) -> String {
        format!("{} to {}", self.min, self.max)
    }

    fn show(&self, value: &f64) -> String {
        value.to_string()
    }
}

/// A whole number.
#[derive(Debug)]
pub(in crate::config) struct Count {
    pub(in crate::config) min: u32,
    pub(in crate::config) max: u32,
}

impl Kind for Count {
    type Value = u32;

    fn parse(&self, value: &Value) -> Result<u32, Reason> {
        let text = scalar_text(value).ok_or(Reason::WrongType)?;
        let number = parse_finite(text.trim(), Reason::NotANumber)?;
        if number.fract() != 0.0 {
            return Err(Reason::NotWhole);
        }
        // Through text, since no conversion of a float to an integer is checked.
        format!("{number:.0}")
            .parse()
            .ok()
            .filter(|count| (self.min..=self.max).contains(count))
            .ok_or(Reason::OutOfRange)
    }

    fn allowed(&self) -> String {
        format!("{} to {}, a whole number", self.min, self.max)
    }

    fn show(&self, value: &u32) -> String {
        value.to_string()
    }
}

/// A span of time: seconds, or a number with a unit.
#[derive(Debug)]
pub(in crate::config) struct Duration {
    pub(in crate::config) min: time::Duration,
    pub(in crate::config) max: time::Duration,
}

/// Units and how many seconds they are; `ms` before the `s` it ends in.
const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

impl Kind for Duration {
    type Value = time::Duration;

    fn parse(&self, value: &Value) -> Result<time::Duration, Reason> {
        let text = scalar_text(value).ok_or(Reason::WrongType)?;
        let text = text.trim();
        let (number, unit_seconds) = UNITS
            .iter()
            .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))
            .unwrap_or((text, 1.0));
        if number.is_empty() && !text.is_empty() {
            return Err(Reason::NotADuration);
        }
        let number = parse_finite(number.trim_end(), Reason::NotADuration)?;
        time::Duration::try_from_secs_f64(number * unit_seconds)
            .ok()
            .filter(|duration| (self.min..=self.max).contains(duration))
            .ok_or(Reason::OutOfRange)
    }

    fn allowed(&self) -> String {
        format!(
            "{} to {}, in seconds or written like 500ms, 40s, 2m, 1h",
            self.show(&self.min),
            self.show(&self.max)
        )
    }

    fn show(&self, value: &time::Duration) -> String {
        match (value.as_secs(), value.subsec_nanos()) {
            (seconds, 0) if seconds > 0 && seconds.is_multiple_of(3600) => {
                format!("{}h", seconds / 3600)
            }
            (seconds, 0) if seconds > 0 && seconds.is_multiple_of(60) => {
                format!("{}m", seconds / 60)
            }
            _ => format!("{value:?}"),
        }
    }
}

fn parse_finite(text: &str, otherwise: Reason) -> Result<f64, Reason> {
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        // The parser turns numbers that are too large into an infinity.
        Ok(_) if text.contains(|c: char| c.is_ascii_digit()) => Err(Reason::OutOfRange),
        Ok(_) => Err(Reason::NotFinite),
        Err(_) => Err(otherwise),
    }
}
