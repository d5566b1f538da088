//! Where a window that slides over an image stands: kernel, stride and padding.

/// What happens at the border of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// The window stays inside: the result is smaller than the image.
    #[default]
    Valid,
    /// Zeros around the image, so that the result has `ceil(size / stride)` positions.
    Same,
}

/// A square window over images of `channels` planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    /// Rows of zeros above and columns of zeros to the left.
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) out_height: usize,
    pub(crate) out_width: usize,
}

impl Window {
    /// A window over inputs of the shape `[channels, height, width]`, or what is wrong with it.
    pub(crate) fn new(
        input: &[usize],
        kernel: usize,
        stride: usize,
        padding: Padding,
    ) -> Result<Self, String> {
        let &[channels, height, width] = input else {
            return Err(format!(
                "takes images of the shape [channels, height, width], not {input:?}"
            ));
        };
        if kernel == 0 || stride == 0 {
            return Err(format!(
                "has a window of {kernel} and a stride of {stride}: both are at least 1"
            ));
        }
        let (top, out_height) = place(height, kernel, stride, padding)?;
        let (left, out_width) = place(width, kernel, stride, padding)?;
        Ok(Self {
            channels,
            height,
            width,
            kernel,
            stride,
            top,
            left,
            out_height,
            out_width,
        })
    }

    /// The numbers of one image.
    pub(crate) fn image(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// How many places the window takes.
    pub(crate) fn positions(&self) -> usize {
        self.out_height * self.out_width
    }

    /// How many numbers it sees at each.
    pub(crate) fn patch(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }

    /// The positions along one axis whose window element `offset` lies inside the image, as a
    /// range, for an axis of `size` with `before` zeros ahead and `count` positions.
    pub(crate) fn inside(
        &self,
        offset: usize,
        size: usize,
        before: usize,
        count: usize,
    ) -> std::ops::Range<usize> {
        // position * stride + offset - before in 0..size
        let from = before.saturating_sub(offset).div_ceil(self.stride);
        let to = match (size + before).checked_sub(offset) {
            None | Some(0) => 0,
            Some(room) => (room - 1) / self.stride + 1,
        };
        from.min(count)..to.min(count).max(from.min(count))
    }
}

/// The zeros ahead and the number of positions along one axis.
fn place(
    size: usize,
    kernel: usize,
    stride: usize,
    padding: Padding,
) -> Result<(usize, usize), String> {
    match padding {
        Padding::Valid if kernel > size => Err(format!(
            "has a window of {kernel} over an image of {size}: use a smaller window or \
             Padding::Same"
        )),
        Padding::Valid => Ok((0, (size - kernel) / stride + 1)),
        Padding::Same => {
            let count = size.div_ceil(stride);
            let reach = ((count - 1) * stride).saturating_add(kernel);
            let total = reach.saturating_sub(size);
            Ok((total / 2, count))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_usual_formulas() {
        let window = |size, kernel, stride, padding| {
            let window = Window::new(&[1, size, size], kernel, stride, padding).unwrap();
            (window.out_height, window.top)
        };
        assert_eq!(window(32, 3, 1, Padding::Valid), (30, 0));
        assert_eq!(window(32, 3, 2, Padding::Valid), (15, 0));
        assert_eq!(window(32, 3, 1, Padding::Same), (32, 1));
        assert_eq!(window(32, 5, 1, Padding::Same), (32, 2));
        assert_eq!(window(32, 3, 2, Padding::Same), (16, 0));
        assert_eq!(window(7, 4, 3, Padding::Same), (3, 1));
        assert_eq!(window(1, 3, 1, Padding::Same), (1, 1));
        assert_eq!(window(2, 5, 1, Padding::Same), (2, 2));
        assert!(Window::new(&[1, 4, 4], 5, 1, Padding::Valid).is_err());
        assert!(Window::new(&[4, 4], 3, 1, Padding::Valid).is_err());
        assert!(Window::new(&[1, 4, 4], 3, 0, Padding::Valid).is_err());
    }

    #[test]
    fn inside_agrees_with_counting() {
        for size in 1..8 {
            for kernel in 1..6 {
                for stride in 1..4 {
                    let input = [1, size, size];
                    let window = Window::new(&input, kernel, stride, Padding::Same).unwrap();
                    for offset in 0..kernel {
                        let range = window.inside(offset, size, window.top, window.out_height);
                        for position in 0..window.out_height {
                            let at = (position * stride + offset) as i64 - window.top as i64;
                            let inside = (0..size as i64).contains(&at);
                            assert_eq!(range.contains(&position), inside);
                        }
                    }
                }
            }
        }
    }
}
