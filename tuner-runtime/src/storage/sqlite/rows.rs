//! What stands in the tables, with the checksums that say whether it is what was written.

use crate::trial::Event;

/// A study as it stands in its table.
pub(super) struct StudyRow {
    pub(super) id: i64,
    pub(super) name: String,
    /// How many events it has, which is the place of the last one.
    pub(super) last: i64,
}

impl StudyRow {
    pub(super) fn checksum(&self) -> i64 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&self.id.to_le_bytes());
        sum.update(&self.last.to_le_bytes());
        sum.update(self.name.as_bytes());
        sum.finalize().into()
    }
}

/// An event as it stands in its table.
pub(super) struct EventRow {
    pub(super) seq: i64,
    pub(super) trial: Option<i64>,
    pub(super) decision: bool,
    pub(super) event: String,
}

impl EventRow {
    pub(super) fn checksum(&self, study: i64) -> i64 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&study.to_le_bytes());
        sum.update(&self.seq.to_le_bytes());
        sum.update(&self.trial.unwrap_or(-1).to_le_bytes());
        sum.update(&[u8::from(self.decision)]);
        sum.update(self.event.as_bytes());
        sum.finalize().into()
    }
}

pub(super) fn to_json(event: &Event) -> rusqlite::Result<String> {
    serde_json::to_string(event)
        .map_err(|fault| rusqlite::Error::ToSqlConversionFailure(Box::new(fault)))
}
