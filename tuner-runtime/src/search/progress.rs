//! What a search shows while it runs: one line for the search, one for each running trial.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::summary::{duration, number};
use crate::study::Observer;
use crate::trial::{Event, History, Metrics, Outcome, State, TrialRecord};

/// How a search shows itself, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// Live lines on a terminal, plain lines elsewhere.
    #[default]
    Auto,
    /// A line for each trial that ends.
    Plain,
    /// Nothing.
    Silent,
}

impl Progress {
    /// Somebody who shows the search; nobody when it is silent.
    pub(super) fn observer(self, history: &History, max_trials: Option<u64>) -> Option<Box<Show>> {
        let live = match self {
            Self::Silent => return None,
            Self::Plain => false,
            Self::Auto => std::io::stderr().is_terminal(),
        };
        Some(Box::new(Show::new(live, history, max_trials)))
    }
}

/// Shows a search.
pub(super) struct Show {
    /// Live lines; `None` for plain ones.
    lines: Option<Lines>,
    max_trials: Option<u64>,
    began: Instant,
    /// How many trials had ended before.
    before: usize,
}

struct Lines {
    all: MultiProgress,
    search: ProgressBar,
    trials: BTreeMap<u64, ProgressBar>,
}

impl Show {
    fn new(live: bool, history: &History, max_trials: Option<u64>) -> Self {
        let before = ended(history);
        let show = Self {
            lines: live.then(|| {
                let all = MultiProgress::new();
                let search = all.add(ProgressBar::new_spinner().with_style(message_only()));
                Lines {
                    all,
                    search,
                    trials: BTreeMap::new(),
                }
            }),
            max_trials,
            began: Instant::now(),
            before,
        };
        if history.trials().is_empty() {
            show.say(history.space().to_string().trim_end().to_owned());
        } else {
            show.say(format!("going on after {before} trials; {}", best(history)));
        }
        show
    }

    /// A line that stays.
    fn say(&self, line: String) {
        match &self.lines {
            // A terminal that is gone takes no lines: nothing to be done, and no reason to end.
            Some(lines) => drop(lines.all.println(line)),
            None => eprintln!("{line}"),
        }
    }

    fn show_search(&self, history: &History) {
        let Some(lines) = &self.lines else {
            return;
        };
        let ended = ended(history);
        let of = self
            .max_trials
            .map_or(String::new(), |max| format!(" of {max}"));
        let left = self.time_left(ended).map_or(String::new(), |seconds| {
            format!(", about {} left", duration(seconds))
        });
        let text = format!("search: {ended}{of} trials ended, {}{left}", best(history));
        lines.search.set_message(text);
    }

    /// By the pace of the trials that ended in this session.
    fn time_left(&self, ended: usize) -> Option<f64> {
        let done = ended.checked_sub(self.before).filter(|&done| done > 0)?;
        let left = self.max_trials?.saturating_sub(ended as u64);
        Some(self.began.elapsed().as_secs_f64() / done as f64 * left as f64)
    }

    fn show_trial(&mut self, record: &TrialRecord, text: String) {
        let Some(lines) = &mut self.lines else {
            return;
        };
        let bar = lines.trials.entry(record.number).or_insert_with(|| {
            lines
                .all
                .add(ProgressBar::new_spinner().with_style(message_only()))
        });
        bar.set_message(format!("  trial {}: {text}", record.number));
    }

    fn end_trial(&mut self, record: &TrialRecord, outcome: &Outcome, history: &History) {
        if let Some(lines) = &mut self.lines
            && let Some(bar) = lines.trials.remove(&record.number)
        {
            bar.finish_and_clear();
        }
        let what = match outcome {
            Outcome::Finished { metrics } => goals_of(history, metrics),
            Outcome::Pruned { message } => format!("pruned: {message}"),
            Outcome::Failed { message } => format!("failed: {message}"),
        };
        let seconds = duration(record.seconds());
        self.say(format!(
            "trial {}: {what} in {seconds} ({}); {}",
            record.number,
            record.point,
            best(history)
        ));
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        if let Some(lines) = &self.lines {
            for bar in lines.trials.values() {
                bar.finish_and_clear();
            }
            lines.search.finish_and_clear();
        }
    }
}

impl Observer for Show {
    fn see(&mut self, event: &Event, history: &History) -> ControlFlow<()> {
        let record = event.trial().and_then(|number| history.trial(number));
        let Some(record) = record.map(Arc::as_ref) else {
            return ControlFlow::Continue(());
        };
        match event {
            Event::TrialStarted { point, .. } => self.show_trial(record, point.to_string()),
            Event::TrialResumed { .. } => self.show_trial(record, "goes on".to_owned()),
            Event::Reported {
                execution,
                step,
                metrics,
                ..
            } => {
                let values: Vec<String> = metrics
                    .iter()
                    .map(|(name, value)| format!("{name} {}", number(value)))
                    .collect();
                let text = format!("execution {execution}, step {step}: {}", values.join(", "));
                self.show_trial(record, text);
            }
            // The last failure shows as the trial's.
            Event::ExecutionFailed { message, .. } if record.state == State::Running => {
                self.say(format!("trial {}: {message}; trying again", record.number));
            }
            Event::TrialFinished { outcome, .. } => self.end_trial(record, outcome, history),
            _ => {}
        }
        self.show_search(history);
        ControlFlow::Continue(())
    }
}

fn message_only() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn ended(history: &History) -> usize {
    history.trials().len() - history.running().count()
}

fn goals_of(history: &History, metrics: &Metrics) -> String {
    let goals = history.goals().iter();
    let values: Vec<String> = goals
        .filter_map(|goal| {
            Some(format!(
                "{} {}",
                goal.name,
                number(metrics.get(&goal.name)?)
            ))
        })
        .collect();
    values.join(", ")
}

fn best(history: &History) -> String {
    match history.best() {
        Some(best) => format!(
            "best {} (trial {})",
            best.value().map_or(String::new(), number),
            best.number
        ),
        None => "no result yet".to_owned(),
    }
}
