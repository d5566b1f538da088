//! Reading stored studies, and deleting one.

mod csv;
mod open;
mod text;
mod watch;

pub(crate) use watch::watch;

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value as Json, json};
use tuner_runtime::report;
use tuner_runtime::search::delete_kept;
use tuner_runtime::storage::{Sqlite, Storage, StudyId};
use tuner_runtime::study;
use tuner_runtime::trial::{History, TrialRecord};

use crate::args::{Format, Read};

type Done = Result<(), Box<dyn Error>>;

pub(crate) fn trials(options: &Read) -> Done {
    let history = open::history(&options.study)?;
    if options.json {
        let all = history.trials().iter();
        let all: Vec<Json> = all.map(|trial| report::trial_json(trial)).collect();
        return print_json(&all.into());
    }
    print(&text::trials(&history))
}

pub(crate) fn best(options: &Read) -> Done {
    let history = open::history(&options.study)?;
    let Some(best) = history.best() else {
        return Err("no trial of the study has a result yet".into());
    };
    if options.json {
        let mut found = report::best_json(best);
        if history.goals().len() > 1 {
            found["front"] = report::front_json(&history);
        }
        return print_json(&found);
    }
    print(&text::best(&history, best))
}

pub(crate) fn show(options: &Read, number: u64) -> Done {
    let history = open::history(&options.study)?;
    let trial: &TrialRecord = history.trial(number).ok_or_else(|| {
        let count = history.trials().len();
        format!("there is no trial {number}; the study has {count}, counted from 0")
    })?;
    if options.json {
        return print_json(&report::trial_json(trial));
    }
    print(&text::trial(trial))
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
                let history = study::load(&storage, &id)?;
                rows.push(summary(&file, &id, &history));
            }
            Ok(())
        };
        // A faulty file or folder does not hide the others.
        if let Err(fault) = read() {
            faults.push(fault.to_string());
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

fn summary(file: &Path, id: &StudyId, history: &History) -> Json {
    json!({
        "path": file.display().to_string(),
        "name": id.as_str(),
        "objective": history.goal().to_string(),
        "sampler": history.spec().sampler,
        "trials": history.trials().len(),
        "finished": history.finished_count(),
        "running": history.running().count(),
        "paused": history.paused().count(),
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
    let mut kept = None;
    if let Some(project) = open::project(&storage, &id) {
        let folder = project.join("trials");
        let any = delete_kept(&project)
            .map_err(|fault| format!("the study is deleted, {} not: {fault}", folder.display()))?;
        kept = any.then_some(folder);
    }
    let count = history.trials().len();
    if options.json {
        let kept = kept.map(|folder| folder.display().to_string());
        let path = storage.place();
        return print_json(&json!({
            "deleted": id.as_str(), "path": path, "trials": count, "folder": kept,
        }));
    }
    let with = kept.map_or(String::new(), |folder| {
        format!(", and what they kept in {}", folder.display())
    });
    print(&format!(
        "deleted the study `{id}` with {count} trials from {}{with}\n",
        storage.place()
    ))
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
