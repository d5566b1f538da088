//! Whole files, plain or packed with gzip, checked to their last byte.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;

use super::DataError;

/// The bytes of the file as they are stored.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, DataError> {
    fs::read(file).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => DataError::NoFile { file: file.into() },
        _ => DataError::Read {
            file: file.into(),
            source,
        },
    })
}

/// The content of the gzip file `packed`, of at most `limit` bytes.
pub(super) fn unpack(file: &Path, packed: &[u8], limit: u64) -> Result<Vec<u8>, DataError> {
    Unpacker::new(file, packed).rest(limit)
}

/// Unpacks a file that must be one whole gzip stream with its checksum and length, and nothing else.
pub(super) struct Unpacker<'a> {
    file: &'a Path,
    packed: &'a [u8],
    decoder: GzDecoder<&'a [u8]>,
    taken: u64,
}

impl<'a> Unpacker<'a> {
    pub(super) fn new(file: &'a Path, packed: &'a [u8]) -> Self {
        Self {
            file,
            packed,
            decoder: GzDecoder::new(packed),
            taken: 0,
        }
    }

    /// The next `len` bytes, fewer only where the content ends.
    pub(super) fn next(&mut self, len: u64) -> Result<Vec<u8>, DataError> {
        let hint = stated_length(self.packed).min(len);
        let mut content = Vec::with_capacity(hint as usize);
        (&mut self.decoder)
            .take(len)
            .read_to_end(&mut content)
            .map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof => DataError::Truncated {
                    file: self.file.into(),
                    found: self.packed.len() as u64,
                },
                _ => DataError::Gzip {
                    file: self.file.into(),
                    source,
                },
            })?;
        self.taken += content.len() as u64;
        Ok(content)
    }

    /// All that follows, of at most `limit` bytes: no damage fills the memory. Reaching the end of the
    /// stream is what verifies its checksum.
    pub(super) fn rest(mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let content = self.next(limit)?;
        if !self.next(1)?.is_empty() {
            return Err(DataError::ExtraBytes {
                file: self.file.into(),
                expected: self.taken - 1,
            });
        }
        let behind = self.decoder.into_inner().len();
        if behind > 0 {
            return Err(DataError::ExtraBytes {
                file: self.file.into(),
                expected: (self.packed.len() - behind) as u64,
            });
        }
        Ok(content)
    }
}

/// The file itself, or the same name with `.gz`; the plain one counts if both exist.
pub(super) fn plain_or_packed(directory: &Path, name: &str) -> Option<PathBuf> {
    [directory.join(name), directory.join(format!("{name}.gz"))]
        .into_iter()
        .find(|file| file.is_file())
}

/// The unpacked length that a gzip file ends with (modulo 2^32), as far as deflate can reach it:
/// a hint for the allocation, which a damaged file must not make huge.
fn stated_length(packed: &[u8]) -> u64 {
    const MOST_OF_DEFLATE: u64 = 1032;
    let length = match packed.last_chunk::<4>() {
        Some(&bytes) => u64::from(u32::from_le_bytes(bytes)),
        None => 0,
    };
    length.min(packed.len() as u64 * MOST_OF_DEFLATE)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;

    /// `content` as one gzip stream.
    pub(in crate::data) fn pack(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn content() -> Vec<u8> {
        (0..5_000u32).map(|i| (i * i % 251) as u8).collect()
    }

    #[test]
    fn what_was_packed_unpacks_to_the_same() {
        let content = content();
        let file = Path::new("a.gz");
        assert_eq!(unpack(file, &pack(&content), 5_000).unwrap(), content);
        assert!(unpack(file, &pack(&[]), 0).unwrap().is_empty());
    }

    #[test]
    fn every_cut_is_found() {
        let packed = pack(&content());
        for length in 0..packed.len() {
            let error = unpack(Path::new("a.gz"), &packed[..length], 5_000).unwrap_err();
            assert!(
                matches!(error, DataError::Truncated { found, .. } if found == length as u64),
                "{length}: {error}"
            );
            assert!(error.to_string().contains("`a.gz`"));
        }
    }

    #[test]
    fn a_flipped_bit_in_the_content_or_the_checksum_is_found() {
        let packed = pack(&content());
        const HEADER_BYTES: usize = 10;
        for place in HEADER_BYTES..packed.len() {
            let mut damaged = packed.clone();
            damaged[place] ^= 0x10;
            let result = unpack(Path::new("a.gz"), &damaged, 5_000);
            assert!(result.is_err(), "byte {place}");
        }
        let mut damaged = packed.clone();
        let checksum = packed.len() - 8;
        damaged[checksum] ^= 1;
        let error = unpack(Path::new("a.gz"), &damaged, 5_000).unwrap_err();
        assert!(matches!(error, DataError::Gzip { .. }), "{error}");
    }

    #[test]
    fn bytes_behind_the_end_are_found_inside_and_outside_the_stream() {
        let packed = pack(&content());
        let error = unpack(Path::new("a.gz"), &packed, 4_999).unwrap_err();
        assert!(matches!(
            error,
            DataError::ExtraBytes {
                expected: 4_999,
                ..
            }
        ));
        let mut longer = packed.clone();
        longer.push(0);
        let error = unpack(Path::new("a.gz"), &longer, 5_000).unwrap_err();
        assert!(
            matches!(error, DataError::ExtraBytes { expected, .. } if expected == packed.len() as u64)
        );
    }

    #[test]
    fn a_missing_file_and_a_folder_are_different_faults() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        assert!(matches!(
            read(&missing),
            Err(DataError::NoFile { file }) if file == missing
        ));
        assert!(matches!(read(folder.path()), Err(DataError::Read { .. })));
    }
}
