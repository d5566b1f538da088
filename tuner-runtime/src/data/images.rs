//! Labelled images as bytes, shared between workers.

use std::sync::Arc;

use super::DataError;

/// A data set in its two published parts.
#[derive(Debug, Clone)]
pub struct TrainTest {
    /// The images to learn from.
    pub train: Images,
    /// The images to judge by.
    pub test: Images,
}

/// Images of one size with a class each. A clone shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    pixels: Arc<[u8]>,
    labels: Arc<[u8]>,
    shape: Arc<[usize]>,
    classes: usize,
}

impl Images {
    /// The caller vouches for one image of `shape` for each label, and labels below `classes`.
    pub(super) fn new(pixels: Vec<u8>, labels: Vec<u8>, shape: &[usize], classes: usize) -> Self {
        debug_assert_eq!(pixels.len(), labels.len() * shape.iter().product::<usize>());
        Self {
            pixels: pixels.into(),
            labels: labels.into(),
            shape: shape.into(),
            classes,
        }
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The shape of one image: `[height, width]` if grey, `[3, height, width]` if in colour
    /// (the planes red, green, blue).
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many bytes one image has: the product of its [`shape`](Self::shape).
    pub fn image_len(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many classes there are; labels are below it.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The images one after the other, each in the order of its [`shape`](Self::shape) with the last
    /// dimension running fastest; a byte is an intensity, 0 (black) to 255.
    pub fn pixels(&self) -> &Arc<[u8]> {
        &self.pixels
    }

    /// The class of each image.
    pub fn labels(&self) -> &Arc<[u8]> {
        &self.labels
    }

    /// The bytes of one image, `None` past the end.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let start = index.checked_mul(self.image_len())?;
        self.pixels.get(start..start.checked_add(self.image_len())?)
    }

    /// The first `count` images (all, if there are fewer). A shorter part is copied once.
    pub fn first(&self, count: usize) -> Self {
        if count >= self.len() {
            return self.clone();
        }
        Self {
            pixels: self.pixels[..count * self.image_len()].into(),
            labels: self.labels[..count].into(),
            shape: self.shape.clone(),
            classes: self.classes,
        }
    }
}

/// The first label that is not below `classes` is a fault of `file`.
pub(super) fn check_labels(
    file: &std::path::Path,
    labels: &[u8],
    classes: u8,
) -> Result<(), DataError> {
    match labels.iter().position(|&label| label >= classes) {
        Some(record) => Err(DataError::Label {
            file: file.into(),
            record,
            label: labels[record],
            highest: classes - 1,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Images {
        Images::new((0..12).collect(), vec![2, 0, 1], &[2, 2], 3)
    }

    #[test]
    fn an_image_is_its_own_part_of_the_bytes() {
        let images = three();
        assert_eq!((images.len(), images.image_len()), (3, 4));
        assert_eq!(images.image(1), Some(&[4u8, 5, 6, 7][..]));
        assert_eq!(images.image(3), None);
        assert_eq!(images.image(usize::MAX), None);
    }

    #[test]
    fn the_first_images_keep_their_labels_and_all_of_them_are_shared() {
        let images = three();
        let two = images.first(2);
        assert_eq!(two.pixels()[..], [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(two.labels()[..], [2, 0]);
        assert!(images.first(0).is_empty());
        assert!(Arc::ptr_eq(images.first(3).pixels(), images.pixels()));
    }
}
