//! Watching a study while searches work on it, from any process.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::IsTerminal;
use std::thread::sleep;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value as Json, json};
use tuner_runtime::search::lines::{self, Expected};
use tuner_runtime::search::results_table;
use tuner_runtime::storage::{Sqlite, Storage, StudyId};
use tuner_runtime::trial::text::one_line;
use tuner_runtime::trial::{Event, History, Seq, State};

use super::{Done, open, print, text};
use crate::args::{Read, Target};

/// How many trials that ended before are told of.
const EARLIER: usize = 5;

type Seen = (Sqlite, StudyId, bool, Vec<(Seq, Event)>);

/// Follows a study until nobody works on it; with `wait` for ever, and from before there is one.
pub(crate) fn watch(options: &Read, interval: f64, wait: bool) -> Done {
    let mut history: Option<History> = None;
    let mut watched: Option<StudyId> = None;
    let mut screen = (!options.json).then(Screen::new);
    let mut is_told = false;
    loop {
        let known = history.as_ref().map_or(0, History::seq);
        let (storage, id, at_work, news) = match look(&options.study, watched.as_ref(), known) {
            Err(fault) if watched.is_none() && open::is_not_yet(&*fault) => {
                if !wait {
                    return Err(format!("{fault}. With --wait `tuner watch` waits for it").into());
                }
                if let Some(screen) = screen.as_ref().filter(|_| !is_told) {
                    screen.say(&format!("waiting: {fault}"))?;
                }
                is_told = true;
                sleep(Duration::from_secs_f64(interval));
                continue;
            }
            seen => seen?,
        };
        // Another study may get the name meanwhile.
        let id = watched.insert(id);
        if options.json {
            print(&news.iter().map(as_line).collect::<String>())?;
        }
        let is_first = history.is_none();
        take_in(&mut history, &news)?;
        if let (Some(history), Some(screen)) = (&history, &mut screen) {
            if is_first {
                let title = format!("{id} in {}", storage.place());
                screen.begin(&one_line(&title), history)?;
            } else {
                screen.go_on(history, &news)?;
            }
        }
        if !at_work && !wait {
            break;
        }
        drop(storage);
        sleep(Duration::from_secs_f64(interval));
    }
    if let (Some(history), Some(screen)) = (&history, screen) {
        screen.clear();
        print(&results_table(history, EARLIER))?;
        print(text::left(history))?;
    }
    Ok(())
}

/// The study, whether somebody works on it, and what came after the events that are known.
fn look(target: &Target, watched: Option<&StudyId>, known: Seq) -> Result<Seen, Box<dyn Error>> {
    // Opened anew: while a reader has the file open, the last writer cannot take its log away.
    let (storage, found) = open::study(target)?;
    let id = watched.cloned().unwrap_or(found);
    // Asked before the events are read, so that none of theirs is missed at the end.
    let at_work = storage.sessions() > 0;
    let news = storage.read(&id, known)?;
    Ok((storage, id, at_work, news))
}

fn take_in(history: &mut Option<History>, news: &[(Seq, Event)]) -> Done {
    let Some(known) = history else {
        *history = History::fold(news)?;
        return Ok(());
    };
    for (seq, event) in news {
        known.apply(*seq, event)?;
    }
    Ok(())
}

/// An event as one object: its place, its kind, and what it says.
fn as_line((seq, event): &(Seq, Event)) -> String {
    let mut line = json!({"seq": seq});
    if let Ok(Json::Object(tagged)) = serde_json::to_value(event) {
        for (kind, fields) in tagged {
            line["event"] = kind.into();
            let Json::Object(fields) = fields else {
                continue;
            };
            for (name, value) in fields {
                // What a sampler remembers is its own.
                if name != "memo" {
                    line[name] = value;
                }
            }
        }
    }
    format!("{line}\n")
}

/// Live lines on a terminal, plain lines elsewhere.
struct Screen {
    live: Option<(MultiProgress, ProgressBar)>,
    trials: BTreeMap<u64, ProgressBar>,
}

impl Screen {
    fn new() -> Self {
        let live = std::io::stdout().is_terminal().then(|| {
            let all = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
            let search = all.add(line());
            (all, search)
        });
        Self {
            live,
            trials: BTreeMap::new(),
        }
    }

    fn begin(&mut self, title: &str, history: &History) -> Done {
        self.say(title)?;
        self.say(&lines::search(history, Expected::default()))?;
        let ended = history
            .trials()
            .iter()
            .filter(|trial| trial.ended.is_some());
        let ended: Vec<_> = ended.collect();
        for trial in &ended[ended.len().saturating_sub(EARLIER)..] {
            self.say(&lines::ended(history, trial))?;
        }
        self.show(history);
        Ok(())
    }

    fn go_on(&mut self, history: &History, news: &[(Seq, Event)]) -> Done {
        for (_, event) in news {
            if let Event::TrialsDropped {
                numbers, message, ..
            } = event
            {
                self.say(&lines::dropped(numbers, message))?;
            }
            let Some(trial) = event.trial().and_then(|number| history.trial(number)) else {
                continue;
            };
            match event {
                Event::TrialFinished { .. } => self.say(&lines::ended(history, trial))?,
                Event::TrialPaused { .. } => self.say(&lines::paused(history, trial))?,
                _ => {}
            }
        }
        self.show(history);
        Ok(())
    }

    fn say(&self, text: &str) -> Done {
        match &self.live {
            Some((all, _)) => Ok(all.println(text)?),
            None => print(&format!("{text}\n")),
        }
    }

    fn show(&mut self, history: &History) {
        let Some((all, search)) = &self.live else {
            return;
        };
        let at_work = |number: &u64| {
            let trial = history.trial(*number);
            trial.is_some_and(|trial| trial.state == State::Running)
        };
        self.trials.retain(|number, bar| {
            let keep = at_work(number);
            if !keep {
                bar.finish_and_clear();
            }
            keep
        });
        for trial in history.running() {
            let bar = self.trials.entry(trial.number);
            let bar = bar.or_insert_with(|| all.add(line()));
            let (runs, epochs) = (Expected::default(), Expected::default());
            bar.set_message(format!(
                "  {}",
                lines::running(history, trial, runs, epochs)
            ));
        }
        search.set_message(lines::search(history, Expected::default()));
    }

    fn clear(self) {
        for bar in self.trials.values() {
            bar.finish_and_clear();
        }
        if let Some((_, search)) = self.live {
            search.finish_and_clear();
        }
    }
}

fn line() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_msg}");
    ProgressBar::new_spinner()
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}
