//! What can be wrong with data: each fault names the file, what was found and what to do.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

/// A data set that cannot be found, or a file of it that is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is no folder for the data set.
    #[error(
        "the data set `{name}` was not found{}; name its folder, or one that holds a folder `{name}`, \
         by `--data-dir DIR` or the environment variable `TUNER_DATA`",
        list_places(looked_in)
    )]
    NoDirectory {
        /// The name of the data set, which is the name of its folder.
        name: String,
        /// The places, each with why it was looked at.
        looked_in: Vec<(&'static str, PathBuf)>,
    },
    /// A file of the data set does not exist.
    #[error(
        "the file `{}` does not exist; copy it there, or name the folder that holds it by \
         `--data-dir DIR` or the environment variable `TUNER_DATA`",
        file.display()
    )]
    NoFile {
        /// The missing file.
        file: PathBuf,
    },
    /// The batches of CIFAR-10 have a gap.
    #[error(
        "the file `{}` is missing although later batches are there: training batches are numbered \
         without a gap; copy it there or remove the later ones",
        file.display()
    )]
    MissingBatch {
        /// The first missing file.
        file: PathBuf,
    },
    /// The operating system could not read the file.
    #[error("the file `{}` cannot be read: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file ends before its gzip stream does.
    #[error("the gzip file `{}` is cut off after {}; fetch it again", file.display(), counted(*found, "byte"))]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Its length in bytes.
        found: u64,
    },
    /// The gzip stream is damaged: its header, its codes or its own checksum is wrong.
    #[error("the gzip file `{}` is damaged: {source}; fetch it again", file.display())]
    Gzip {
        /// The file.
        file: PathBuf,
        /// What the decoder said.
        source: io::Error,
    },
    /// Bytes follow where the content must end.
    #[error(
        "the file `{}` goes on behind the {} that belong to it; fetch it again",
        file.display(),
        counted(*expected, "byte")
    )]
    ExtraBytes {
        /// The file.
        file: PathBuf,
        /// Its right length in bytes: of the packed file if the stream ended early, else unpacked.
        expected: u64,
    },
    /// The file is not the published one.
    #[error(
        "the file `{}` has the MD5 checksum {found}, and the published file has {expected}; fetch it again",
        file.display()
    )]
    Checksum {
        /// The file.
        file: PathBuf,
        /// The published checksum, in hexadecimal.
        expected: &'static str,
        /// The file's checksum, in hexadecimal.
        found: String,
    },
    /// The first four bytes are not those of the format.
    #[error(
        "the file `{}` starts with {found:#010x}, and {what} in the idx format start with {expected:#010x}; \
         is it another file under this name?",
        file.display()
    )]
    Magic {
        /// The file.
        file: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// The number that the format starts with.
        expected: u32,
        /// The number that the file starts with.
        found: u32,
    },
    /// The images have another height or width.
    #[error(
        "the file `{}` holds images of {found:?} pixels (height, width), not {expected:?}",
        file.display()
    )]
    ImageSize {
        /// The file.
        file: PathBuf,
        /// Height and width in pixels that the data set has.
        expected: Vec<u32>,
        /// Height and width in pixels that the file's header states.
        found: Vec<u32>,
    },
    /// The unpacked content is shorter than the format or the file's header says.
    #[error("the file `{}` holds {found} of {}; fetch it again", file.display(), counted(*expected, "byte"))]
    Short {
        /// The file.
        file: PathBuf,
        /// How many bytes it should hold, unpacked.
        expected: u64,
        /// How many it holds, unpacked.
        found: u64,
    },
    /// The content is not a whole number of records.
    #[error(
        "the file `{}` holds {}, which is not one or more records of {}; fetch it again",
        file.display(),
        counted(*found as u64, "byte"),
        counted(*record as u64, "byte")
    )]
    Records {
        /// The file.
        file: PathBuf,
        /// The length of a record in bytes.
        record: usize,
        /// How many bytes the file holds, unpacked.
        found: usize,
    },
    /// There is not one label for each image.
    #[error(
        "the file `{}` holds {} for {}; both must come from one download",
        file.display(),
        counted(*labels as u64, "label"),
        counted(*images as u64, "image")
    )]
    Count {
        /// The file of labels.
        file: PathBuf,
        /// How many labels it holds.
        labels: usize,
        /// How many images there are.
        images: usize,
    },
    /// A label is not a class.
    #[error(
        "the file `{}` has the label {label} at record {record}, and classes go from 0 to {highest}",
        file.display()
    )]
    Label {
        /// The file.
        file: PathBuf,
        /// The place of the record, counted from 0.
        record: usize,
        /// The label found there.
        label: u8,
        /// The highest class.
        highest: u8,
    },
    /// A line of a CSV file is not as it should be.
    #[error("the file `{}`, line {line}: {fault}", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with which value.
        fault: String,
    },
    /// A CSV file has another number of rows than the data set.
    #[error("the file `{}` holds {}, not {expected}; fetch it again", file.display(), counted(*found as u64, "row"))]
    Rows {
        /// The file.
        file: PathBuf,
        /// How many rows the data set has.
        expected: usize,
        /// How many rows the file has.
        found: usize,
    },
    /// A window that does not fit the series.
    #[error(
        "a window of {window} does not fit a series of {}: it needs at least 1 value, and one more value must \
         follow it",
        counted(*len as u64, "value")
    )]
    Window {
        /// The length of the window, in values.
        window: usize,
        /// The length of the series, in values.
        len: usize,
    },
}

/// So many of something, whose name takes an `s` where there is not one.
fn counted(count: u64, name: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

fn list_places(places: &[(&'static str, PathBuf)]) -> String {
    let mut text = String::new();
    for (place, (why, path)) in places.iter().enumerate() {
        let joint = if place == 0 { ": looked for" } else { " and" };
        write!(text, "{joint} `{}` ({why})", path.display())
            .expect("writing to a String cannot fail");
    }
    text
}
