//! CIFAR-10 in its binary version: batches of records of a label and three colour planes.
//!
//! Described at <https://www.cs.toronto.edu/~kriz/cifar.html>.

use std::path::Path;

use super::DataError;
use super::file::{plain_or_packed, read, unpack};
use super::images::{Images, TrainTest, check_labels};

const CLASSES: u8 = 10;
const SHAPE: [usize; 3] = [3, 32, 32];
const IMAGE_BYTES: usize = SHAPE[0] * SHAPE[1] * SHAPE[2];
const RECORD_BYTES: usize = 1 + IMAGE_BYTES;
const MOST_RECORDS: usize = 10_000;
const TRAINING_BATCHES: usize = 5;

/// CIFAR-10: colour images of 32 x 32 pixels in 10 classes, from `data_batch_1.bin` to
/// `data_batch_5.bin` and `test_batch.bin` in `directory`, each plain or with `.gz` behind its name.
///
/// A batch has up to 10 000 records, so a subset in the same format is read as well; later training
/// batches may be left out, but none in between. For the plain files there is no published checksum:
/// their lengths and labels are checked, and a changed pixel is not noticed. A packed file carries a
/// checksum of its own.
///
/// # Errors
///
/// A [`DataError`] that names the file and the fault.
pub fn cifar10(directory: &Path) -> Result<TrainTest, DataError> {
    let names: Vec<String> = (1..=TRAINING_BATCHES)
        .map(|number| format!("data_batch_{number}.bin"))
        .collect();
    let present = names
        .iter()
        .rposition(|name| plain_or_packed(directory, name).is_some())
        .map_or(1, |last| last + 1);
    Ok(TrainTest {
        train: read_batches(directory, &names[..present])?,
        test: read_batches(directory, &["test_batch.bin".to_owned()])?,
    })
}

fn read_batches(directory: &Path, names: &[String]) -> Result<Images, DataError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (place, name) in names.iter().enumerate() {
        let Some(file) = plain_or_packed(directory, name) else {
            let file = directory.join(name);
            return Err(if place + 1 < names.len() {
                DataError::MissingBatch { file }
            } else {
                DataError::NoFile { file }
            });
        };
        let content = read_batch(&file)?;
        let records = content.len() / RECORD_BYTES;
        pixels.reserve(records * IMAGE_BYTES);
        let first = labels.len();
        for record in content.chunks_exact(RECORD_BYTES) {
            labels.push(record[0]);
            pixels.extend_from_slice(&record[1..]);
        }
        check_labels(&file, &labels[first..], CLASSES)?;
    }
    Ok(Images::new(pixels, labels, &SHAPE, usize::from(CLASSES)))
}

/// The unpacked bytes of a batch: a whole number of records.
fn read_batch(file: &Path) -> Result<Vec<u8>, DataError> {
    const MOST_BYTES: usize = MOST_RECORDS * RECORD_BYTES;
    let stored = read(file)?;
    let content = if file.extension().is_some_and(|ending| ending == "gz") {
        unpack(file, &stored, MOST_BYTES as u64)?
    } else {
        stored
    };
    if content.len() > MOST_BYTES {
        return Err(DataError::ExtraBytes {
            file: file.into(),
            expected: MOST_BYTES as u64,
        });
    }
    if content.is_empty() || !content.len().is_multiple_of(RECORD_BYTES) {
        return Err(DataError::Records {
            file: file.into(),
            record: RECORD_BYTES,
            found: content.len(),
        });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::file::tests::pack;
    use std::fs;

    fn records(labels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &label in labels {
            bytes.push(label);
            for plane in 0..3 {
                bytes.extend([label * 10 + plane; 32 * 32]);
            }
        }
        bytes
    }

    fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    /// The fault of a set whose first batch is `content` under `name`; its text names the file.
    fn fault(name: &str, content: Vec<u8>) -> DataError {
        let folder = folder(&[(name, content), ("test_batch.bin", records(&[0]))]);
        let error = cifar10(folder.path()).unwrap_err();
        let file = folder.path().join(name).display().to_string();
        assert!(error.to_string().contains(&file), "{error}");
        error
    }

    #[test]
    fn plain_and_packed_batches_follow_each_other() {
        let folder = folder(&[
            ("data_batch_1.bin", records(&[3, 9])),
            ("data_batch_2.bin.gz", pack(&records(&[5]))),
            ("test_batch.bin.gz", pack(&records(&[1]))),
        ]);
        let set = cifar10(folder.path()).unwrap();
        assert_eq!(set.train.labels()[..], [3, 9, 5]);
        assert_eq!(set.train.shape(), [3, 32, 32]);
        let image = set.train.image(2).unwrap();
        assert_eq!((image[0], image[1024], image[3071]), (50, 51, 52));
        assert_eq!(set.test.labels()[..], [1]);
    }

    #[test]
    fn a_length_that_is_no_number_of_records_is_found() {
        let mut cut = records(&[1, 2]);
        cut.pop();
        for (name, content) in [
            ("data_batch_1.bin", cut.clone()),
            ("data_batch_1.bin.gz", pack(&cut)),
        ] {
            assert!(matches!(
                fault(name, content),
                DataError::Records {
                    record: 3_073,
                    found: 6_145,
                    ..
                }
            ));
        }
        assert!(matches!(
            fault("data_batch_1.bin", Vec::new()),
            DataError::Records { found: 0, .. }
        ));
    }

    #[test]
    fn more_records_than_a_batch_has_are_found() {
        let content = vec![0; (MOST_RECORDS + 1) * RECORD_BYTES];
        for (name, content) in [
            ("data_batch_1.bin.gz", pack(&content)),
            ("data_batch_1.bin", content),
        ] {
            assert!(matches!(
                fault(name, content),
                DataError::ExtraBytes {
                    expected: 30_730_000,
                    ..
                }
            ));
        }
    }

    #[test]
    fn a_label_above_nine_and_a_cut_file_are_found() {
        assert!(matches!(
            fault("data_batch_1.bin", records(&[1, 10])),
            DataError::Label {
                record: 1,
                label: 10,
                ..
            }
        ));
        let mut packed = pack(&records(&[1, 2]));
        packed.truncate(packed.len() - 4);
        assert!(matches!(
            fault("data_batch_1.bin.gz", packed),
            DataError::Truncated { .. }
        ));
    }

    #[test]
    fn missing_batches_are_named() {
        let test = ("test_batch.bin", records(&[0]));
        let gap = folder(&[
            ("data_batch_1.bin", records(&[1])),
            ("data_batch_3.bin", records(&[1])),
            test.clone(),
        ]);
        assert!(matches!(
            cifar10(gap.path()),
            Err(DataError::MissingBatch { file }) if file.ends_with("data_batch_2.bin")
        ));
        let none = folder(&[test]);
        assert!(matches!(
            cifar10(none.path()),
            Err(DataError::NoFile { file }) if file.ends_with("data_batch_1.bin")
        ));
        let no_test = folder(&[("data_batch_1.bin", records(&[1]))]);
        assert!(matches!(
            cifar10(no_test.path()),
            Err(DataError::NoFile { file }) if file.ends_with("test_batch.bin")
        ));
    }

    #[test]
    fn the_subset_in_the_repository_is_balanced() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/cifar10");
        let set = cifar10(Path::new(directory)).unwrap();
        for (images, of_each) in [(&set.train, 500), (&set.test, 100)] {
            let mut counts = [0; 10];
            for &label in images.labels().iter() {
                counts[usize::from(label)] += 1;
            }
            assert_eq!(counts, [of_each; 10]);
        }
        assert_eq!(set.test.labels()[..10], [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    }
}
