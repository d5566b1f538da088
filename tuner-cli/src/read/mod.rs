//! Reading stored studies, and deleting one.

mod csv;
mod open;
mod text;
mod watch;

pub(crate) use text::printable;
pub(crate) use watch::watch;

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tuner_runtime::report;
use tuner_runtime::sampler::{Ranked, Surrogate};
use tuner_runtime::search::{delete_kept, holds_kept, lacking_objective};
use tuner_runtime::storage::{Sqlite, Storage, StudyId};
use tuner_runtime::study;
use tuner_runtime::trial::text::{counted, one_line};
use tuner_runtime::trial::{Goal, History, State, TrialRecord};

use crate::args::{Format, Read};

type Done = Result<(), Box<dyn Error>>;

pub(crate) fn trials(options: &Read) -> Done {
    let (storage, id) = open::study(&options.study)?;
    // Asked before the events are read: whoever ends in between has told of it.
    let at_work = storage.sessions() > 0;
    let history = study::load(&storage, &id)?;
    if options.json {
        let all = history.trials().iter();
        let all: Vec<Json> = all.map(|trial| report::trial_json(trial)).collect();
        return print_json(&all.into());
    }
    let mut text = text::trials(&history);
    if !at_work {
        text.push_str(text::left(&history));
    }
    print(&text)
}

pub(crate) fn best(options: &Read, by_expectation: bool) -> Done {
    let history = open::history(&options.study)?;
    let Some(best) = history.best() else {
        let hint =
            lacking_objective(&history).map_or(String::new(), |lacking| format!(" ({lacking})"));
        return Err(format!("no trial of the study has a result yet{hint}").into());
    };
    let ranked = match by_expectation {
        true => Surrogate::fit(&history, &history.goal().name)?.ranking(),
        false => Vec::new(),
    };
    let first = ranked.first();
    let best = first
        .and_then(|first| history.trial(first.number))
        .unwrap_or(best);
    if options.json {
        let mut found = report::best_json(best);
        if let Some(Ranked { expected, .. }) = first {
            found["expected"] = json!({"mean": expected.mean, "deviation": expected.deviation});
        }
        if history.goals().len() > 1 {
            found["front"] = report::front_json(&history);
        }
        return print_json(&found);
    }
    print(&text::best(
        &history,
        best,
        first.map(|first| first.expected),
    ))
}

pub(crate) fn show(options: &Read, number: u64) -> Done {
    let (storage, id) = open::study(&options.study)?;
    let at_work = storage.sessions() > 0;
    let history = study::load(&storage, &id)?;
    let trial: &TrialRecord = history.trial(number).ok_or_else(|| {
        let count = history.trials().len();
        format!("there is no trial {number}; the study has {count}, counted from 0")
    })?;
    if options.json {
        return print_json(&report::trial_json(trial));
    }
    let mut text = text::trial(trial);
    if !at_work && trial.state == State::Running {
        text.push_str(text::LEFT);
    }
    print(&text)
}

pub(crate) fn export(options: &Read, format: Option<Format>) -> Done {
    let history = open::history(&options.study)?;
    match format {
        Some(Format::Json) => print_json(&report::json(&history)),
        None if options.json => print_json(&report::json(&history)),
        Some(Format::Csv) | None => print(&csv::table(&history)),
    }
}

pub(crate) fn studies(path: &Path, as_json: bool) -> Done {
    let mut rows = Vec::new();
    let (files, mut faults) = open::files(path);
    for file in files {
        let mut read = || -> Result<(), Box<dyn Error>> {
            let storage = Sqlite::open_read_only(&file)?;
            for id in storage.list()? {
                let at_work = storage.sessions() > 0;
                let history = study::load(&storage, &id)?;
                rows.push(summary(&file, &id, &history, at_work));
            }
            Ok(())
        };
        match read() {
            Ok(()) => {}
            // A file named on the command line is to be there; one that is empty or gone by now holds no study.
            Err(fault) if file != path && open::is_not_yet(&*fault) => {}
            // A faulty file or folder does not hide the others.
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    if as_json {
        print_json(&rows.into())?;
    } else if rows.is_empty() {
        if faults.is_empty() {
            print(&format!("no study in {}\n", path.display()))?;
        }
    } else {
        print(&text::studies(&rows))?;
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("\nerror: ").into()),
    }
}

fn summary(file: &Path, id: &StudyId, history: &History, at_work: bool) -> Json {
    let goals: Vec<String> = history.goals().iter().map(Goal::to_string).collect();
    json!({
        "path": file.display().to_string(),
        "name": id.as_str(),
        "objective": goals.join(", "),
        "sampler": history.spec().sampler,
        "trials": history.trials().len(),
        "finished": history.finished_count(),
        "running": history.running().count(),
        "paused": history.paused().count(),
        "at_work": at_work,
        "best": history.best().and_then(|best| best.value()),
        "seconds": history.seconds(),
    })
}

pub(crate) fn delete(options: &Read) -> Done {
    // Looks before it opens the file for writing, which would make one where there is none.
    let (reader, id) = open::study(&options.study)?;
    let history = study::load(&reader, &id)?;
    // Between two trials a search runs none and is there all the same.
    if reader.sessions() > 0 {
        let place = reader.place();
        let fault = format!("the study `{id}` is running, or another one in {place}");
        return Err(format!("{fault}; end what works on it first").into());
    }
    let path = reader.path().to_owned();
    // The last one to close the file tidies up, which a reader may not.
    drop(reader);
    let storage = Sqlite::open(path)?;
    storage.delete(&id)?;
    let kept = delete_what_trials_kept(&storage, &id)?;
    let count = history.trials().len();
    if options.json {
        let path = storage.place();
        let mut gone = json!({
            "deleted": id.as_str(), "path": path, "trials": count, "folder": null, "left": null,
        });
        match kept {
            Kept::Nothing => {}
            Kept::Deleted(folder) => gone["folder"] = folder.display().to_string().into(),
            Kept::Left(folder, _) => gone["left"] = folder.display().to_string().into(),
        }
        return print_json(&gone);
    }
    let (name, count) = (one_line(id.as_str()), counted(count, "trial"));
    let mut text = format!(
        "deleted the study `{name}` with {count} from {}",
        storage.place()
    );
    match kept {
        Kept::Nothing => {}
        Kept::Deleted(folder) => text += &format!(", and what they kept in {}", folder.display()),
        Kept::Left(folder, others) => {
            let (folder, others) = (folder.display(), open::names(&others));
            text += &format!(
                "; what is kept in {folder} was left, for it may belong to another study of the file ({others}): \
                 delete it yourself if it does not"
            );
        }
    }
    print(&(text + "\n"))
}

/// What becomes of the folder of the trials when their study is deleted.
enum Kept {
    Nothing,
    Deleted(PathBuf),
    /// It may belong to one of the studies that are left.
    Left(PathBuf, Vec<StudyId>),
}

/// Deletes what the trials of a study kept that was just deleted. It was the study's if the folder has its name; one that was
/// renamed was if no other study is in the file.
fn delete_what_trials_kept(storage: &Sqlite, id: &StudyId) -> Result<Kept, Box<dyn Error>> {
    let Some(project) = open::project(storage) else {
        return Ok(Kept::Nothing);
    };
    let folder = project.join("trials");
    let is_its = |id: &StudyId| project.file_name().is_some_and(|name| name == id.as_str());
    let others = storage.list()?;
    if !is_its(id) && !others.is_empty() {
        return Ok(match others.iter().any(is_its) || !holds_kept(&project) {
            true => Kept::Nothing,
            false => Kept::Left(folder, others),
        });
    }
    let any = delete_kept(&project)
        .map_err(|fault| format!("the study is deleted, {} not: {fault}", folder.display()))?;
    Ok(match any {
        true => Kept::Deleted(folder),
        false => Kept::Nothing,
    })
}

fn print_json(json: &Json) -> Done {
    print(&format!("{json:#}\n"))
}

fn print(text: &str) -> Done {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(())
}
