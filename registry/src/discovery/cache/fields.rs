//! The fields a cache is made of: numbers of eight bytes, and byte strings with their length before
//! them.

use super::super::identity::Timestamp;

/// Appends fields.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.number(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(super) fn time(&mut self, time: Timestamp) {
        self.number(time.seconds.cast_unsigned());
        self.number(time.nanos.into());
    }
}

/// Takes fields off the front; `None` means that they are not there.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*value))
    }

    /// `true` or `false`, and no third.
    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (value, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(value)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp {
            seconds: self.number()?.cast_signed(),
            nanos: u32::try_from(self.number()?).ok()?,
        })
    }

    /// How many things follow; each takes a number at least, so that no more are promised than there
    /// can be.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len() / size_of::<u64>()).then_some(count)
    }
}
