//! Values over time: read from CSV files or generated, and cut into windows to learn from.

use std::path::Path;
use std::sync::Arc;

use super::{DataError, csv};
use crate::math::rng::Rng;

/// Values in the order of time, with the text that dates each. A clone shares them.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The date of each value, as the file writes it.
    pub dates: Arc<[String]>,
    /// The values, in the unit of the file.
    pub values: Arc<[f64]>,
}

impl Series {
    /// Reads two columns of a CSV file, chosen by their names in its first line.
    ///
    /// # Errors
    ///
    /// A [`DataError`] that names the file, the line and the value, where a line has another number of
    /// fields than the first, or a value is no finite number.
    pub fn from_csv(file: &Path, date_column: &str, value_column: &str) -> Result<Self, DataError> {
        let rows = csv::two_columns(file, [date_column, value_column])?;
        let mut dates = Vec::with_capacity(rows.len());
        let mut values = Vec::with_capacity(rows.len());
        for (line, [date, value]) in rows {
            match value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => values.push(number),
                _ => {
                    let fault =
                        format!("the `{value_column}` is `{value}`, which is no finite number");
                    return Err(csv::fault(file, line, fault));
                }
            }
            dates.push(date);
        }
        Ok(Self {
            dates: dates.into(),
            values: values.into(),
        })
    }
}

/// The daily minimum temperatures of Melbourne from 1981 to 1990 in degrees Celsius: 3 650 days (31
/// December of both leap years is not in the source). From `daily-min-temperatures.csv` in
/// `directory`, with the columns `Date` and `Temp`.
///
/// # Errors
///
/// A [`DataError`] that names the file, and the line and the value at fault.
pub fn temperatures(directory: &Path) -> Result<Series, DataError> {
    const DAYS: usize = 3_650;
    let file = directory.join("daily-min-temperatures.csv");
    let series = Series::from_csv(&file, "Date", "Temp")?;
    if series.values.len() != DAYS {
        return Err(DataError::Rows {
            file,
            expected: DAYS,
            found: series.values.len(),
        });
    }
    Ok(series)
}

/// A sine with noise: 1 000 values at the times 0 to 100 in steps of 0.1, each with normal noise of
/// standard deviation 0.1. The same seed gives the same series.
pub fn noisy_sine(seed: u64) -> Vec<f64> {
    const NOISE: f64 = 0.1;
    let mut rng = Rng::new(seed);
    (0..1_000)
        .map(|step| (f64::from(step) / 10.0).sin() + NOISE * rng.normal())
        .collect()
}

/// Each stretch of a series that a forecast sees, with the value that follows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows<T> {
    /// The windows one after the other, `targets.len()` times the length of a window.
    pub inputs: Arc<[T]>,
    /// The value behind each window.
    pub targets: Arc<[T]>,
}

/// All windows of `window` values that another value follows, in the order of time: as many as the
/// series has values beyond the first window.
///
/// # Errors
///
/// [`DataError::Window`] if the window is empty or no value follows it.
///
/// ```
/// # use tuner_runtime as tuner;
/// # fn main() -> Result<(), tuner::data::DataError> {
/// let windows = tuner::data::windows(&[1, 2, 3, 4], 2)?;
/// assert_eq!(windows.inputs[..], [1, 2, 2, 3]);
/// assert_eq!(windows.targets[..], [3, 4]);
/// # Ok(())
/// # }
/// ```
pub fn windows<T: Copy>(values: &[T], window: usize) -> Result<Windows<T>, DataError> {
    if window == 0 || window >= values.len() {
        return Err(DataError::Window {
            window,
            len: values.len(),
        });
    }
    let followed = &values[..values.len() - 1];
    Ok(Windows {
        inputs: followed.windows(window).flatten().copied().collect(),
        targets: values[window..].into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_temperatures_in_the_repository_are_whole() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/temperatures");
        let series = temperatures(Path::new(directory)).unwrap();
        assert_eq!(series.dates.len(), 3_650);
        assert_eq!((&*series.dates[0], series.values[0]), ("1981-01-01", 20.7));
        let last = (&*series.dates[3_649], series.values[3_649]);
        assert_eq!(last, ("1990-12-31", 13.0));
        assert!(series.dates.is_sorted());
        assert!(
            series
                .values
                .iter()
                .all(|value| (0.0..=26.3).contains(value))
        );
    }

    #[test]
    fn a_value_that_is_no_number_names_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("series.csv");
        for value in ["?0.2", "", "NaN", "inf", "1e999"] {
            std::fs::write(&file, format!("Date,Temp\na,1.5\nb,{value}\n")).unwrap();
            let text = Series::from_csv(&file, "Date", "Temp")
                .unwrap_err()
                .to_string();
            let expected = format!("line 3: the `Temp` is `{value}`");
            assert!(text.contains(&expected), "{text}");
            assert!(text.contains("series.csv"), "{text}");
        }
    }

    #[test]
    fn temperatures_with_rows_missing_are_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("daily-min-temperatures.csv");
        std::fs::write(&file, "Date,Temp\n1981-01-01,20.7\n").unwrap();
        let error = temperatures(folder.path()).unwrap_err();
        assert!(matches!(
            &error,
            DataError::Rows { expected: 3_650, found: 1, file: at } if *at == file
        ));
    }

    #[test]
    fn the_sine_is_a_sine_with_noise_of_a_tenth() {
        let series = noisy_sine(7);
        assert_eq!(series.len(), 1_000);
        assert_eq!(series, noisy_sine(7));
        assert_ne!(series, noisy_sine(8));
        let noise: Vec<f64> = (0..1_000)
            .map(|step| series[step] - (step as f64 * 0.1).sin())
            .collect();
        let mean = noise.iter().sum::<f64>() / 1_000.0;
        let deviation = (noise.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 999.0).sqrt();
        // Four standard errors of each.
        assert!(mean.abs() < 0.0127, "{mean}");
        assert!((deviation - 0.1).abs() < 0.009, "{deviation}");
    }

    #[test]
    fn windows_are_followed_by_their_targets() {
        let values: Vec<usize> = (0..1_000).collect();
        let found = windows(&values, 20).unwrap();
        assert_eq!(found.targets.len(), 980);
        assert_eq!(found.inputs.len(), 980 * 20);
        for (window, target) in found.inputs.chunks(20).zip(found.targets.iter()) {
            assert!(window.is_sorted() && window[19] + 1 == *target);
        }
        assert_eq!(windows(&values, 999).unwrap().targets[..], [999]);
    }

    #[test]
    fn a_window_that_does_not_fit_is_a_fault() {
        for (window, len) in [(0, 5), (5, 5), (6, 5), (1, 0), (1, 1)] {
            let error = windows(&vec![0.0; len], window).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(&format!("window of {window}")), "{text}");
            let values = if len == 1 { "value" } else { "values" };
            assert!(text.contains(&format!("{len} {values}:")), "{text}");
        }
    }
}
