//! MNIST and the data sets in its format: four gzip files of the idx format.
//!
//! An idx file has a big-endian header: two zero bytes, a type (8: unsigned bytes), the number of
//! dimensions, then each dimension in 4 bytes; the values follow, the last dimension running fastest.
//! Described at <http://yann.lecun.com/exdb/mnist/>.

use std::path::{Path, PathBuf};

use super::DataError;
use super::file::{self, Unpacker};
use super::images::{Images, TrainTest, check_labels};

const CLASSES: u8 = 10;
const SIDE: usize = 28;

/// What one of the files holds.
struct Kind {
    name: &'static str,
    /// The four bytes that the file starts with.
    magic: u32,
    /// The dimensions of one item, which follow the number of items in the header.
    item: &'static [u32],
}

const IMAGES: Kind = Kind {
    name: "images",
    magic: 0x0000_0803,
    item: &[SIDE as u32, SIDE as u32],
};

const LABELS: Kind = Kind {
    name: "labels",
    magic: 0x0000_0801,
    item: &[],
};

/// The published MD5 checksums of the packed files.
struct Checksums {
    train_images: &'static str,
    train_labels: &'static str,
    test_images: &'static str,
    test_labels: &'static str,
}

/// As published by LeCun, Cortes and Burges.
const MNIST: Checksums = Checksums {
    train_images: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    train_labels: "d53e105ee54ea40749a09fcbcd1e9432",
    test_images: "9fb629c4189551a2d022fa330f9573f3",
    test_labels: "ec29112dd5afa0611ce80d1b7f02629c",
};

/// As published at <https://github.com/zalandoresearch/fashion-mnist>.
const FASHION_MNIST: Checksums = Checksums {
    train_images: "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    train_labels: "25c81989df183df01b3e8a0aad5dffbe",
    test_images: "bef4ecab320f06d8554ea6380940ec79",
    test_labels: "bb300cfdad3c16e7a12a480ee83cd310",
};

/// MNIST: 60 000 + 10 000 handwritten digits of 28 x 28 grey pixels, from the four original files
/// `{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz` in `directory`.
///
/// # Errors
///
/// A [`DataError`] that names the file, if one is missing or is not byte for byte the published one.
pub fn mnist(directory: &Path) -> Result<TrainTest, DataError> {
    load(directory, Some(&MNIST))
}

/// Fashion-MNIST: 60 000 + 10 000 pictures of clothes in 10 classes, in the files and the shapes of
/// [`mnist`].
///
/// # Errors
///
/// A [`DataError`] that names the file, if one is missing or is not byte for byte the published one.
pub fn fashion_mnist(directory: &Path) -> Result<TrainTest, DataError> {
    load(directory, Some(&FASHION_MNIST))
}

/// Any other data set in the files of [`mnist`], such as one of your own: any number of images of
/// 28 x 28 bytes with labels from 0 to 9.
///
/// Checked are the gzip checksums, the headers, the lengths and the labels.
///
/// # Errors
///
/// A [`DataError`] that names the file and the fault.
pub fn idx(directory: &Path) -> Result<TrainTest, DataError> {
    load(directory, None)
}

fn load(directory: &Path, checksums: Option<&Checksums>) -> Result<TrainTest, DataError> {
    let part = |name: &str, images: Option<&'static str>, labels: Option<&'static str>| {
        let images_file = directory.join(format!("{name}-images-idx3-ubyte.gz"));
        let labels_file = directory.join(format!("{name}-labels-idx1-ubyte.gz"));
        read_part(images_file, images, labels_file, labels)
    };
    Ok(TrainTest {
        train: part(
            "train",
            checksums.map(|sums| sums.train_images),
            checksums.map(|sums| sums.train_labels),
        )?,
        test: part(
            "t10k",
            checksums.map(|sums| sums.test_images),
            checksums.map(|sums| sums.test_labels),
        )?,
    })
}

fn read_part(
    images_file: PathBuf,
    images_checksum: Option<&'static str>,
    labels_file: PathBuf,
    labels_checksum: Option<&'static str>,
) -> Result<Images, DataError> {
    let pixels = read_idx(&images_file, images_checksum, &IMAGES)?;
    let labels = read_idx(&labels_file, labels_checksum, &LABELS)?;
    let images = pixels.len() / (SIDE * SIDE);
    if labels.len() != images {
        return Err(DataError::Count {
            file: labels_file,
            labels: labels.len(),
            images,
        });
    }
    check_labels(&labels_file, &labels, CLASSES)?;
    Ok(Images::new(
        pixels,
        labels,
        &[SIDE, SIDE],
        usize::from(CLASSES),
    ))
}

/// The bytes behind the header of an idx file, as many as the header says.
fn read_idx(
    file: &Path,
    checksum: Option<&'static str>,
    kind: &Kind,
) -> Result<Vec<u8>, DataError> {
    let packed = file::read(file)?;
    if let Some(expected) = checksum {
        check_md5(file, &packed, expected)?;
    }
    let mut unpacker = Unpacker::new(file, &packed);
    let header_len = 4 * (2 + kind.item.len()) as u64;
    let header = unpacker.next(header_len)?;
    check_len(file, header_len, header.len() as u64)?;
    let (words, _) = header.as_chunks();
    let words: Vec<u32> = words.iter().copied().map(u32::from_be_bytes).collect();
    let (magic, count, item) = (words[0], words[1], &words[2..]);
    if magic != kind.magic {
        return Err(DataError::Magic {
            file: file.into(),
            what: kind.name,
            expected: kind.magic,
            found: magic,
        });
    }
    if item != kind.item {
        return Err(DataError::ImageSize {
            file: file.into(),
            expected: kind.item.to_vec(),
            found: item.to_vec(),
        });
    }
    let item_len: u64 = item.iter().copied().map(u64::from).product();
    let expected = u64::from(count) * item_len;
    let values = unpacker.rest(expected)?;
    check_len(
        file,
        header_len + expected,
        header_len + values.len() as u64,
    )?;
    Ok(values)
}

fn check_len(file: &Path, expected: u64, found: u64) -> Result<(), DataError> {
    if found >= expected {
        return Ok(());
    }
    Err(DataError::Short {
        file: file.into(),
        expected,
        found,
    })
}

fn check_md5(file: &Path, packed: &[u8], expected: &'static str) -> Result<(), DataError> {
    let found = format!("{:x}", md5::compute(packed));
    if found == expected {
        return Ok(());
    }
    Err(DataError::Checksum {
        file: file.into(),
        expected,
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::file::tests::pack;
    use std::fs;

    /// An idx file before packing.
    fn idx_bytes(header: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
        bytes.extend_from_slice(values);
        bytes
    }

    fn images_of(count: u8) -> Vec<u8> {
        let values: Vec<u8> = (0..count).flat_map(|i| [i; SIDE * SIDE]).collect();
        idx_bytes(&[IMAGES.magic, u32::from(count), 28, 28], &values)
    }

    fn labels_of(labels: &[u8]) -> Vec<u8> {
        idx_bytes(&[LABELS.magic, labels.len() as u32], labels)
    }

    const TRAIN_IMAGES: &str = "train-images-idx3-ubyte.gz";
    const TRAIN_LABELS: &str = "train-labels-idx1-ubyte.gz";
    const TEST_LABELS: &str = "t10k-labels-idx1-ubyte.gz";

    /// A folder with 3 + 1 images, whose file `name` holds `packed` instead.
    fn folder_with(name: &str, packed: Vec<u8>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            (TRAIN_IMAGES, images_of(3)),
            (TRAIN_LABELS, labels_of(&[7, 0, 9])),
            ("t10k-images-idx3-ubyte.gz", images_of(1)),
            (TEST_LABELS, labels_of(&[4])),
        ] {
            fs::write(folder.path().join(name), pack(&content)).unwrap();
        }
        fs::write(folder.path().join(name), packed).unwrap();
        folder
    }

    /// The fault of a set whose file `name` holds `content`; its text names the file.
    fn fault(name: &str, content: &[u8]) -> DataError {
        let folder = folder_with(name, pack(content));
        let error = idx(folder.path()).unwrap_err();
        let file = folder.path().join(name).display().to_string();
        assert!(error.to_string().contains(&file), "{error}");
        error
    }

    #[test]
    fn small_sets_are_read_as_they_were_written() {
        let folder = folder_with(TEST_LABELS, pack(&labels_of(&[5])));
        let set = idx(folder.path()).unwrap();
        assert_eq!(set.train.labels()[..], [7, 0, 9]);
        assert_eq!(set.train.shape(), [28, 28]);
        assert_eq!(set.train.image(2), Some(&[2u8; 784][..]));
        assert_eq!((set.test.len(), set.test.classes()), (1, 10));
        assert_eq!(set.test.labels()[..], [5]);
    }

    #[test]
    fn another_format_under_the_name_is_found() {
        let error = fault(TRAIN_IMAGES, &labels_of(&[1; 20]));
        assert!(matches!(
            error,
            DataError::Magic {
                expected: 0x803,
                found: 0x801,
                ..
            }
        ));
        assert!(error.to_string().contains("0x00000801"), "{error}");
    }

    #[test]
    fn images_of_another_size_are_found() {
        let content = idx_bytes(&[IMAGES.magic, 3, 14, 56], &[0; 3 * 784]);
        let error = fault(TRAIN_IMAGES, &content);
        assert!(matches!(&error, DataError::ImageSize { found, .. } if found == &[14, 56]));
    }

    #[test]
    fn a_content_that_is_shorter_than_its_header_says_is_found() {
        let mut content = images_of(3);
        content.pop();
        let whole = 16 + 3 * 784;
        assert!(matches!(
            fault(TRAIN_IMAGES, &content),
            DataError::Short { expected, found, .. } if (expected, found) == (whole, whole - 1)
        ));
        assert!(matches!(
            fault(TEST_LABELS, &[0, 0, 8]),
            DataError::Short {
                expected: 8,
                found: 3,
                ..
            }
        ));
        // The largest count that a header can state must not be believed before the bytes are there.
        let content = idx_bytes(&[IMAGES.magic, u32::MAX, 28, 28], &[0; 784]);
        assert!(matches!(
            fault(TRAIN_IMAGES, &content),
            DataError::Short { found: 800, .. }
        ));
    }

    #[test]
    fn extra_bytes_are_found() {
        let mut content = labels_of(&[7, 0, 9]);
        content.push(1);
        assert!(matches!(
            fault(TRAIN_LABELS, &content),
            DataError::ExtraBytes { expected: 11, .. }
        ));
    }

    #[test]
    fn labels_must_be_classes_and_one_for_each_image() {
        let error = fault(TRAIN_LABELS, &labels_of(&[7, 10, 9]));
        assert!(matches!(
            error,
            DataError::Label {
                record: 1,
                label: 10,
                highest: 9,
                ..
            }
        ));
        let error = fault(TRAIN_LABELS, &labels_of(&[7, 0]));
        assert!(matches!(
            error,
            DataError::Count {
                labels: 2,
                images: 3,
                ..
            }
        ));
    }

    #[test]
    fn a_cut_or_missing_file_is_found() {
        let mut packed = pack(&images_of(3));
        packed.truncate(packed.len() / 2);
        let folder = folder_with(TRAIN_IMAGES, packed);
        assert!(matches!(
            idx(folder.path()),
            Err(DataError::Truncated { .. })
        ));
        fs::remove_file(folder.path().join(TRAIN_IMAGES)).unwrap();
        assert!(matches!(idx(folder.path()), Err(DataError::NoFile { .. })));
    }

    #[test]
    fn what_is_not_the_published_file_fails_its_checksum() {
        let folder = folder_with(TEST_LABELS, pack(&labels_of(&[4])));
        for load in [mnist, fashion_mnist] {
            let error = load(folder.path()).unwrap_err();
            assert!(
                matches!(&error, DataError::Checksum { file, .. } if file.ends_with(TRAIN_IMAGES)),
                "{error}"
            );
        }
    }

    #[test]
    fn the_repository_holds_the_published_mnist() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/mnist");
        let set = mnist(Path::new(directory)).unwrap();
        assert_eq!((set.train.len(), set.test.len()), (60_000, 10_000));
        assert_eq!(set.train.labels()[..5], [5, 0, 4, 1, 9]);
        assert_eq!(set.test.labels()[..5], [7, 2, 1, 0, 4]);
        // The mean intensity of the training images, known as 0.1307 of 255.
        let sum: u64 = set.train.pixels().iter().copied().map(u64::from).sum();
        let mean = sum as f64 / 255.0 / set.train.pixels().len() as f64;
        assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
    }
}
