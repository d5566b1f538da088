//! What an older study found, as a new one takes it over: points with their scores, stored among the study's notes.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::history::History;
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
}

impl Experience {
    /// The name of the note that holds it.
    pub const NOTE: &str = "warm_start";

    /// The finished trials of a study: all, or of more than 256 the best 64 and others evenly spread in order of rank.
    pub fn of(history: &History) -> Self {
        let ranked = history.best_trials(usize::MAX);
        let rest = ranked.len().saturating_sub(BEST);
        let kept = |place: usize| match place.checked_sub(BEST) {
            // Whether a mark of the even spread falls on this place.
            Some(place) if rest > MOST - BEST => {
                let mark = |place: usize| place * (MOST - BEST) / rest;
                mark(place + 1) > mark(place)
            }
            _ => true,
        };
        let trials = ranked.iter().enumerate().filter(|(place, _)| kept(*place));
        let goal = history.goal();
        let (points, scores) = trials
            .filter_map(|(_, trial)| Some((trial.point.clone(), goal.score(trial.value()?))))
            .unzip();
        Self { points, scores }
    }

    /// What the study took over, if it did.
    pub fn read(history: &History) -> Option<Self> {
        let note = history.attributes().get(Self::NOTE)?;
        let own = Self::deserialize(note).ok()?;
        (own.points.len() == own.scores.len()).then_some(own)
    }

    /// As it is stored.
    pub fn to_json(&self) -> Json {
        serde_json::json!({"points": self.points, "scores": self.scores})
    }
}
