//! A space as people read it: one line a parameter, children below the value that activates them.

use std::fmt;

use super::flat::{Condition, Space};

impl fmt::Display for Space {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.len();
        write!(
            out,
            "{count} parameter{}",
            if count == 1 { "" } else { "s" }
        )?;
        match self.cardinality() {
            Some(1) => writeln!(out, ", 1 configuration")?,
            Some(points) => writeln!(out, ", {points} configurations")?,
            None => writeln!(out, ", no end of configurations")?,
        }
        let indents: Vec<usize> = self.indents();
        let width = |place: usize| indents[place] + self.params()[place].name.chars().count();
        let widest = (0..count).map(width).max().unwrap_or(0);
        for (place, param) in self.params().iter().enumerate() {
            let gap = widest - width(place);
            let indent = indents[place];
            write!(out, "  {:indent$}{}{:gap$}  ", "", param.name, "")?;
            match param.domain.count() {
                Some(1) => write!(out, "{}, fixed", param.default.short())?,
                _ => write!(out, "{}  (default {})", param.domain, param.default.short())?,
            }
            if let Some(condition) = &param.condition {
                let parent = &self.params()[condition.parent()].name;
                match condition {
                    Condition::Is { values, .. } => {
                        let values: Vec<String> =
                            values.iter().map(|v| v.quoted().to_string()).collect();
                        write!(out, "  if {parent} is {}", values.join(" or "))?;
                    }
                    Condition::AtLeast { count, .. } => {
                        write!(out, "  if {parent} is at least {count}")?;
                    }
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

impl Space {
    fn indents(&self) -> Vec<usize> {
        let mut indents: Vec<usize> = Vec::with_capacity(self.len());
        for param in self.params() {
            let indent = param
                .condition
                .as_ref()
                .map_or(0, |given| indents[given.parent()] + 2);
            indents.push(indent);
        }
        indents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_varies_and_when() {
        let (space, _) = Space::from_json(&serde_json::json!([
            {"name": "kind", "type": "categorical", "choices": ["a", "b"]},
            {"name": "kind.b.depth", "type": "int", "low": 1, "high": 3,
             "condition": {"parent": "kind", "values": ["b"]}},
            {"name": "size", "type": "int", "low": 8, "high": 8},
            {"name": "rate", "type": "float", "low": 1e-3, "high": 1e-2, "log": true},
        ]))
        .unwrap();
        let expected = "\
4 parameters, no end of configurations
  kind            [a, b]  (default a)
    kind.b.depth  1..=3  (default 2)  if kind is b
  size            8, fixed
  rate            0.001..=0.01, log  (default 0.003162)
";
        assert_eq!(space.to_string(), expected);
    }
}
