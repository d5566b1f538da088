//! What an older study found, as a new one takes it over: points with their scores, stored among the study's notes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::goal::Goal;
use super::history::History;
use super::record::TrialRecord;
use crate::space::Point;

/// Trials that are taken over at most.
const MOST: usize = 256;
/// How many of them are the best ones; the others are spread evenly over the rest.
const BEST: usize = 64;

/// Points of an older study with their scores: larger is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    /// The points, by parameter name.
    pub points: Vec<Point>,
    /// The first objective of each, such that more is better.
    pub scores: Vec<f64>,
    /// The further objectives by name, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<Arc<str>, Vec<f64>>,
    /// The name of the first objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Arc<str>>,
}

impl Experience {
    /// The name of the note that holds it.
    pub const NOTE: &str = "warm_start";

    /// Trials of a study, given from best to worst: all, or of more than 256 the best 64 and others evenly spread in order
    /// of rank. Those without values are left out.
    pub fn of(history: &History, ranked: &[Arc<TrialRecord>]) -> Self {
        let rest = ranked.len().saturating_sub(BEST);
        let kept = |place: usize| match place.checked_sub(BEST) {
            // Whether a mark of the even spread falls on this place.
            Some(place) if rest > MOST - BEST => {
                let mark = |place: usize| place * (MOST - BEST) / rest;
                mark(place + 1) > mark(place)
            }
            _ => true,
        };
        let goals = history.goals();
        let trials: Vec<&Arc<TrialRecord>> = ranked
            .iter()
            .enumerate()
            .filter(|(place, trial)| kept(*place) && trial.values.len() == goals.len())
            .map(|(_, trial)| trial)
            .collect();
        let of = |place: usize| -> Vec<f64> {
            let values = trials.iter().map(|trial| trial.values[place]);
            values.map(|value| goals[place].score(value)).collect()
        };
        Self {
            points: trials.iter().map(|trial| trial.point.clone()).collect(),
            scores: of(0),
            others: (1..goals.len())
                .map(|place| (goals[place].name.clone(), of(place)))
                .collect(),
            first: Some(goals[0].name.clone()),
        }
    }

    /// What the study took over, if it did. A note of that name that holds something else is none.
    pub fn read(history: &History) -> Option<Self> {
        let note = history.attributes().get(Self::NOTE)?;
        let own = Self::deserialize(note).ok()?;
        let whole = |scores: &Vec<f64>| scores.len() == own.points.len();
        (whole(&own.scores) && own.others.values().all(whole)).then_some(own)
    }

    /// The scores for an objective of the new study: those of the same name. A study with a single objective learns from the
    /// first one of the older study, whatever it was called.
    pub fn scores_for(&self, goal: &Goal, single: bool) -> Option<&[f64]> {
        let other = self.others.get(&goal.name);
        let first = single || self.first.as_ref() == Some(&goal.name);
        other.or(first.then_some(&self.scores)).map(Vec::as_slice)
    }

    /// As it is stored.
    pub fn to_json(&self) -> Json {
        serde_json::json!(self)
    }
}
