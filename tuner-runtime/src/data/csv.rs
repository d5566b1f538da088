//! The lines of a CSV file, with the place of each fault.
//!
//! Fields are separated by commas and may stand in double quotes, in which a quote is doubled. A
//! line ends with LF or CRLF; a quoted field does not reach over the end of its line.

use std::path::Path;

use super::{DataError, file};

/// The fields of two columns, chosen by their names in the first line, with their line numbers.
pub(super) fn two_columns(
    file: &Path,
    columns: [&str; 2],
) -> Result<Vec<(usize, [String; 2])>, DataError> {
    let bytes = file::read(file)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        fault(
            file,
            line,
            format!("the byte {:#04x} is not UTF-8 text", bytes[before.len()]),
        )
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).zip(text.trim_end_matches(['\r', '\n']).lines());
    let names = match lines.next() {
        Some((line, text)) => split(file, line, text)?,
        None => return Err(fault(file, 1, "the file is empty".to_owned())),
    };
    let place = |name: &str| {
        let mut found = (0..names.len()).filter(|&place| names[place] == name);
        let problem = match (found.next(), found.next()) {
            (Some(place), None) => return Ok(place),
            (Some(_), Some(_)) => {
                format!("the column `{name}` stands there twice; give each a name of its own")
            }
            (None, _) => {
                let names = names.join("`, `");
                format!("there is no column `{name}` among `{names}`")
            }
        };
        Err(fault(file, 1, problem))
    };
    let places = [place(columns[0])?, place(columns[1])?];
    let mut rows = Vec::new();
    for (line, text) in lines {
        let fields = split(file, line, text)?;
        if fields.len() != names.len() {
            let (found, expected) = (fields.len(), names.len());
            let fault_text =
                format!("`{text}` has {found} fields, and the first line has {expected}");
            return Err(fault(file, line, fault_text));
        }
        rows.push((line, places.map(|place| fields[place].clone())));
    }
    Ok(rows)
}

/// The fields of one line.
fn split(file: &Path, line: usize, text: &str) -> Result<Vec<String>, DataError> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)
                .ok_or_else(|| fault(file, line, format!("a quote of `{text}` is not closed")))?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        if behind.is_empty() {
            return Ok(fields);
        }
        rest = behind.strip_prefix(',').ok_or_else(|| {
            let fault_text = format!("`{behind}` stands behind a closing quote, without a comma");
            fault(file, line, fault_text)
        })?;
    }
}

/// The field up to its closing quote, and what stands behind that; `None` if there is none.
fn quoted_field(quoted: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(behind) => {
                field.push('"');
                rest = behind;
            }
            None => return Some((field, rest)),
        }
    }
}

/// A fault in one line.
pub(super) fn fault(file: &Path, line: usize, fault: String) -> DataError {
    DataError::Line {
        file: file.into(),
        line,
        fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Vec<(usize, [String; 2])>, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("series.csv");
        std::fs::write(&file, content).unwrap();
        two_columns(&file, ["Date", "Temp"])
    }

    fn fault_of(content: &[u8]) -> String {
        let text = read(content).unwrap_err().to_string();
        assert!(text.contains("series.csv"), "{text}");
        text
    }

    #[test]
    fn columns_are_chosen_by_name_and_quotes_are_taken_off() {
        let content = "\u{feff}\"Temp\",Place,Date\r\n1.5,\"a, \"\"b\"\"\",\"x\"\r\n-2,,y\r\n\r\n";
        let rows = read(content.as_bytes()).unwrap();
        assert_eq!(
            rows,
            [
                (2, ["x".to_owned(), "1.5".to_owned()]),
                (3, ["y".to_owned(), "-2".to_owned()])
            ]
        );
        assert_eq!(
            split(Path::new("a"), 1, "\"a, \"\"b\"\"\",").unwrap(),
            ["a, \"b\"", ""]
        );
    }

    #[test]
    fn faults_name_the_line_and_the_text() {
        for (content, parts) in [
            (&b""[..], ["line 1", "empty"]),
            (
                b"Date,Heat\n",
                ["line 1", "no column `Temp` among `Date`, `Heat`"],
            ),
            (
                b"Temp,Date,Temp\n1,a,2\n",
                ["line 1", "column `Temp` stands there twice"],
            ),
            (b"Date,Temp\na,1\nb\n", ["line 3", "`b` has 1 fields"]),
            (b"Date,Temp\n\na,1\n", ["line 2", "`` has 1 fields"]),
            (b"Date,Temp\n\"a,1\n", ["line 2", "not closed"]),
            (b"Date,Temp\n\"a\"b,1\n", ["line 2", "`b,1` stands behind"]),
            (b"Date,Temp\na,1\n\xff,1\n", ["line 3", "0xff"]),
        ] {
            let text = fault_of(content);
            for part in parts {
                assert!(text.contains(part), "{part} is not in: {text}");
            }
        }
    }
}
