//! What a search shows while it runs: one line for the search, one for each running trial.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::controls::Controls;
use super::lines::{self, Expected};
use crate::study::{Core, Observer};
use crate::trial::text::counted;
use crate::trial::{Event, History, State, TrialRecord};

/// Without a terminal a trial that runs says where it is no more often than this.
const PLAIN_PAUSE: Duration = Duration::from_secs(10);
/// On a terminal its line changes no more often than this.
const FRAME: Duration = Duration::from_millis(50);

/// How a search shows itself, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    /// Live lines on a terminal, plain lines elsewhere.
    #[default]
    Auto,
    /// A line for each trial that ends, and now and then one for a trial that takes long.
    Plain,
    /// Nothing.
    Silent,
}

impl Progress {
    /// Somebody who shows the search; nobody when it is silent.
    pub(super) fn show(
        self,
        core: &Core,
        controls: &Arc<Controls>,
        executions: u64,
    ) -> Option<Show> {
        let live = match self {
            Self::Silent => return None,
            Self::Plain => false,
            Self::Auto => std::io::stderr().is_terminal(),
        };
        Some(Show::new(live, core, controls, executions))
    }
}

/// Says lines. A terminal that is gone or a disk that is full takes none: nothing to be done, and no reason to end.
pub(super) fn say(lines: &str) {
    let _ = writeln!(std::io::stderr(), "{lines}");
}

/// Says lines that stay, beside the live ones.
#[derive(Clone)]
pub(super) struct Speaker(Option<MultiProgress>);

impl Speaker {
    pub(super) fn say(&self, line: &str) {
        match &self.0 {
            Some(live) => drop(live.println(line)),
            None => say(line),
        }
    }
}

/// Shows a search.
pub(super) struct Show {
    speaker: Speaker,
    controls: Arc<Controls>,
    /// How many trials there will be at most.
    total: Option<u64>,
    executions: u64,
    began: Instant,
    /// When the last trial ended, after the beginning.
    last_end: Duration,
    /// How many trials had ended before.
    before: usize,
    search: Option<ProgressBar>,
    trials: BTreeMap<u64, Line>,
    /// When a running trial was last said to be somewhere, without a terminal.
    said: Instant,
}

/// A trial that runs.
struct Line {
    bar: Option<ProgressBar>,
    /// The last report: where, and when.
    last: Option<(u64, Instant)>,
    /// The seconds between the last two reports, over their distance.
    pace: Option<f64>,
    /// When its text was changed last.
    shown: Option<Instant>,
}

impl Show {
    fn new(live: bool, core: &Core, controls: &Arc<Controls>, executions: u64) -> Self {
        let history = core.history();
        let before = done_for_now(&history);
        let all = live.then(MultiProgress::new);
        let search = all
            .as_ref()
            .map(|all| all.add(ProgressBar::new_spinner().with_style(message_only())));
        let speaker = Speaker(all);
        speaker.say(history.space().to_string().trim_end());
        if !history.trials().is_empty() {
            let best = lines::best(&history);
            let ended = counted(history.ended_count(), "trial");
            let waiting = lines::waiting(&history);
            speaker.say(&format!("going on after {ended}{waiting}; {best}"));
            if let Some(line) = lines::other_executions(&history, executions) {
                speaker.say(&line);
            }
        }
        let planned = core.sampler().plan(history.space(), history.goals());
        let planned = planned
            .ok()
            .flatten()
            .and_then(|count| count.try_into().ok());
        Self {
            speaker,
            controls: controls.clone(),
            total: core.max_trials().into_iter().chain(planned).min(),
            executions,
            began: Instant::now(),
            last_end: Duration::ZERO,
            before,
            search,
            trials: BTreeMap::new(),
            said: Instant::now(),
        }
    }

    pub(super) fn speaker(&self) -> Speaker {
        self.speaker.clone()
    }

    fn show_search(&self, history: &History) {
        if let Some(bar) = &self.search {
            let expected = Expected {
                total: self.total,
                seconds: self.seconds_left(done_for_now(history)),
            };
            bar.set_message(lines::search(history, expected));
        }
    }

    /// By the pace of the trials that ended in this session, and by the time that the search may take.
    fn seconds_left(&self, ended: usize) -> Option<f64> {
        let done = ended.checked_sub(self.before).filter(|&done| done > 0);
        let by_pace = done.zip(self.total).map(|(done, total)| {
            let left = total.saturating_sub(ended as u64) as f64;
            let seconds = self.last_end.as_secs_f64() / done as f64 * left;
            // What ran since then is part of what was left.
            let since = self.began.elapsed().saturating_sub(self.last_end);
            (seconds - since.as_secs_f64()).max(0.0)
        });
        let by_limit = self.controls.time_left().map(|left| left.as_secs_f64());
        by_pace.into_iter().chain(by_limit).reduce(f64::min)
    }

    fn line(&mut self, number: u64) -> &mut Line {
        let all = self.speaker.0.as_ref();
        self.trials.entry(number).or_insert_with(|| Line {
            bar: all.map(|all| all.add(ProgressBar::new_spinner().with_style(message_only()))),
            last: None,
            pace: None,
            shown: None,
        })
    }

    /// Where the trial is, on its line or as one of its own.
    fn show_trial(&mut self, history: &History, trial: &TrialRecord) {
        let shown = self.line(trial.number).shown;
        let is_time = match self.speaker.0 {
            Some(_) => shown.is_none_or(|shown| shown.elapsed() >= FRAME),
            None => self.said.elapsed() >= PLAIN_PAUSE,
        };
        if !is_time {
            return;
        }
        let executions = Expected {
            total: Some(self.executions),
            seconds: None,
        };
        // A program that does not say its epochs will have as many as those before.
        let total = self.controls.steps(trial.number).or_else(|| {
            let ended = history.trials().iter().rev().take(20);
            let runs = ended.flat_map(|trial| &trial.executions);
            let whole = runs.filter(|run| run.state == State::Finished);
            whole
                .filter_map(|run| run.curve.steps().last())
                .max()
                .copied()
        });
        let line = self.line(trial.number);
        let seconds = line.pace.zip(line.last).zip(total);
        let seconds =
            seconds.map(|((pace, (step, _)), total)| pace * total.saturating_sub(step) as f64);
        let epochs = Expected { total, seconds };
        let text = lines::running(history, trial, executions, epochs);
        match &line.bar {
            Some(bar) => bar.set_message(format!("  {text}")),
            None => {
                self.said = Instant::now();
                self.speaker.say(&text);
            }
        }
        self.line(trial.number).shown = Some(Instant::now());
    }

    fn reported(&mut self, trial: u64, step: u64) {
        let now = Instant::now();
        let line = self.line(trial);
        if let Some((before, when)) = line.last
            && step > before
        {
            let seconds = now.duration_since(when).as_secs_f64();
            line.pace = Some(seconds / (step - before) as f64);
        }
        line.last = Some((step, now));
    }

    /// Takes a trial's line away, and says what came of it.
    fn leave(&mut self, trial: u64, line: &str) {
        if let Some(bar) = self.trials.remove(&trial).and_then(|line| line.bar) {
            bar.finish_and_clear();
        }
        self.speaker.say(line);
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        let bars = self.trials.values().filter_map(|line| line.bar.as_ref());
        for bar in bars.chain(&self.search) {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Show {
    fn see(&mut self, event: &Event, history: &History) -> ControlFlow<()> {
        if let Event::TrialsDropped {
            numbers, message, ..
        } = event
        {
            self.last_end = self.began.elapsed();
            self.speaker.say(&lines::dropped(numbers, message));
            self.show_search(history);
        }
        let record = event.trial().and_then(|number| history.trial(number));
        let Some(record) = record.map(Arc::as_ref) else {
            return ControlFlow::Continue(());
        };
        match event {
            Event::ExecutionStarted { .. } => {
                let line = self.line(record.number);
                (line.last, line.shown) = (None, None);
                self.show_trial(history, record);
            }
            Event::Reported { step, .. } => {
                self.reported(record.number, *step);
                self.show_trial(history, record);
            }
            // The last failure shows as the trial's.
            Event::ExecutionFailed { message, .. } if record.state == State::Running => {
                let line = format!("trial {}: {message}; trying again", record.number);
                self.speaker.say(&line);
            }
            Event::TrialPaused { .. } => {
                self.leave(record.number, &lines::paused(history, record));
            }
            Event::TrialFinished { .. } => {
                self.last_end = self.began.elapsed();
                self.leave(record.number, &lines::ended(history, record));
            }
            _ => {}
        }
        self.show_search(history);
        ControlFlow::Continue(())
    }
}

/// How many trials ended or wait: of these most are dropped.
fn done_for_now(history: &History) -> usize {
    history.trials().len() - history.running().count()
}

fn message_only() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}
