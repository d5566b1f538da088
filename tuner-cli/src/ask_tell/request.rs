//! Lines of the protocol, checked into requests.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use tuner_runtime::trial::Direction;

/// What another program asks for.
#[derive(Debug)]
pub(super) enum Request {
    Init(Init),
    Ask,
    Tell { id: Json, outcome: Outcome },
    Report { id: Json, step: u64, value: f64 },
    Quit,
}

/// A study to begin.
#[derive(Debug)]
pub(super) struct Init {
    pub(super) space: Json,
    pub(super) seed: Option<u64>,
    pub(super) direction: Direction,
    pub(super) budget: Option<u64>,
}

/// How a trial ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Finished {
        value: f64,
    },
    Failed {
        message: Option<String>,
    },
    Pruned {
        /// The last step with its value.
        report: Option<(u64, f64)>,
        message: Option<String>,
    },
}

const CMDS: &str = r#""init", "ask", "tell", "report" or "quit""#;
const FINITE: &str = "a finite number";
const ID: &str = "the id that `ask` answered";

/// Reads a line.
///
/// # Errors
/// Says in words what is wrong with it.
pub(super) fn read(line: &[u8]) -> Result<Request, String> {
    let json: Json = serde_json::from_slice(line).map_err(|fault| not_json(line, &fault))?;
    let Json::Object(mut map) = json else {
        return Err(format!("a request is a JSON object, not {json}"));
    };
    let cmd = match map.shift_remove("cmd") {
        Some(Json::String(cmd)) => cmd,
        Some(other) => return Err(format!("`cmd` is {other}; write {CMDS}")),
        None => return Err(format!("`cmd` is missing; write {CMDS}")),
    };
    let mut fields = Fields { cmd: &cmd, map };
    let known: &[&str] = match cmd.as_str() {
        "init" => &["space", "seed", "direction", "budget"],
        "tell" => &["id", "value", "state", "step", "message"],
        "report" => &["id", "step", "value"],
        "ask" | "quit" => &[],
        _ => return Err(format!("there is no cmd \"{cmd}\"; write {CMDS}")),
    };
    // First: what a misspelt field stood for would be said to be missing.
    fields.refuse_others(known)?;
    Ok(match cmd.as_str() {
        "init" => Request::Init(init(&mut fields, line)?),
        "ask" => Request::Ask,
        "tell" => Request::Tell {
            id: fields.need("id", ID)?,
            outcome: outcome(&mut fields)?,
        },
        "report" => Request::Report {
            id: fields.need("id", ID)?,
            step: fields
                .whole("step", 0)?
                .ok_or_else(|| format!("report: `step` is missing; write {}", whole_from(0)))?,
            value: fields.need("value", FINITE)?,
        },
        _ => Request::Quit,
    })
}

fn init(fields: &mut Fields<'_>, line: &[u8]) -> Result<Init, String> {
    if let Some((given, kept)) = shortened(line) {
        return Err(format!(
            "init: the number {given} has more digits than JSON keeps; write it as a string, or as \
             {kept}"
        ));
    }
    Ok(Init {
        space: fields.need("space", "a list of parameters")?,
        seed: fields.whole("seed", 0)?,
        direction: fields.need("direction", r#""minimize" or "maximize""#)?,
        budget: fields
            .whole("budget", 1)
            .map_err(|fault| fault + ", or leave it out")?,
    })
}

fn outcome(fields: &mut Fields<'_>) -> Result<Outcome, String> {
    let state: Option<String> = fields.take("state", r#""failed" or "pruned""#)?;
    let value: Option<f64> = fields.take("value", FINITE)?;
    let step = fields.whole("step", 0)?;
    let message = fields.take("message", "a text")?;
    match state.as_deref() {
        Some("failed") if value.is_some() => Err(
            "tell: a failed trial has no `value`; leave it out, or leave out the `state`"
                .to_owned(),
        ),
        Some("failed") if step.is_some() => {
            Err("tell: `step` belongs to a pruned trial; leave it out".to_owned())
        }
        None | Some("finished") => match value {
            Some(_) if message.is_some() => Err(
                "tell: `message` belongs to a failed or a pruned trial; leave it out, or tell \
                 the `state` too"
                    .to_owned(),
            ),
            Some(_) if step.is_some() => Err(
                "tell: `step` belongs to a pruned trial; leave it out, or tell \
                 \"state\":\"pruned\" too"
                    .to_owned(),
            ),
            Some(value) => Ok(Outcome::Finished { value }),
            None => Err(
                "tell: `value` is missing; a trial without one is told with \
                 \"state\":\"failed\" or \"state\":\"pruned\""
                    .to_owned(),
            ),
        },
        Some("failed") => Ok(Outcome::Failed { message }),
        Some("pruned") => match (step, value) {
            (None, Some(_)) => {
                Err("tell: the `value` of a pruned trial needs the `step` it is of".to_owned())
            }
            (step, value) => Ok(Outcome::Pruned {
                report: step.zip(value),
                message,
            }),
        },
        Some(other) => Err(format!(
            "tell: `state` is \"{other}\"; write \"failed\" or \"pruned\", or leave it out"
        )),
    }
}

/// The fields of a request that were not read yet.
struct Fields<'a> {
    cmd: &'a str,
    map: Map<String, Json>,
}

impl Fields<'_> {
    /// A field that may be left out, or be null.
    fn take<T: DeserializeOwned>(&mut self, name: &str, kind: &str) -> Result<Option<T>, String> {
        match self.map.shift_remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => T::deserialize(&json)
                .map(Some)
                .map_err(|_| format!("{}: `{name}` is {json}; write {kind}", self.cmd)),
        }
    }

    fn need<T: DeserializeOwned>(&mut self, name: &str, kind: &str) -> Result<T, String> {
        let found = self.take(name, kind)?;
        found.ok_or_else(|| format!("{}: `{name}` is missing; write {kind}", self.cmd))
    }

    /// A whole number that may be left out, or be null.
    fn whole(&mut self, name: &str, least: u64) -> Result<Option<u64>, String> {
        let Some(json) = self.take::<Json>(name, "")? else {
            return Ok(None);
        };
        let found = whole(&json).filter(|&number| number >= least);
        found.map(Some).ok_or_else(|| {
            let remedy = whole_from(least);
            format!("{}: `{name}` is {json}; write {remedy}", self.cmd)
        })
    }

    /// Refuses any field but these: a misspelt one would otherwise be left out in silence.
    fn refuse_others(&self, known: &[&str]) -> Result<(), String> {
        let Some(name) = self.map.keys().find(|name| !known.contains(&&***name)) else {
            return Ok(());
        };
        let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
        let remedy = match known.split_last() {
            None => "it takes none".to_owned(),
            Some((last, before)) => format!("it takes {} and {last}", before.join(", ")),
        };
        let cmd = self.cmd;
        Err(format!("{cmd}: there is no field `{name}`; {remedy}"))
    }
}

/// A whole number of 64 bits from 0, which some languages write with a fraction of zero.
pub(super) fn whole(json: &Json) -> Option<u64> {
    /// The first number that 64 bits do not hold.
    const END: f64 = (1u128 << 64) as f64;
    let float = || {
        let number = json.as_f64()?;
        ((0.0..END).contains(&number) && number.fract() == 0.0).then_some(number as u64)
    };
    json.as_u64().or_else(float)
}

fn whole_from(least: u64) -> String {
    format!("a whole number from {least} to {}", u64::MAX)
}

/// The first whole number to be sent back unchanged of which JSON keeps other digits, and those: it
/// is beyond 64 bits, so that it is read as a float.
fn shortened(line: &[u8]) -> Option<(&str, String)> {
    let mut rest = std::str::from_utf8(line).ok()?;
    let mut field = "";
    while !rest.is_empty() {
        let (before, text) = rest.split_once('"').unwrap_or((rest, ""));
        let is_sent_back = ["choices", "value", "values"].contains(&field);
        let is_between = |letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter);
        let mut numbers = before.split(is_between).filter(|_| is_sent_back);
        let found = numbers.find_map(|number| {
            let digits = number.strip_prefix('-').unwrap_or(number);
            let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            let fits = number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
            let kept = number.parse::<f64>().ok()?.to_string();
            (is_whole && !fits && kept != number).then_some((number, kept))
        });
        if found.is_some() {
            return found;
        }
        let mut escaped = false;
        let end = text.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        rest = end.map_or("", |end| &text[end + 1..]);
        if let Some(end) = end
            && rest.trim_start().starts_with(':')
        {
            field = &text[..end];
        }
    }
    None
}

fn not_json(line: &[u8], fault: &serde_json::Error) -> String {
    let text = String::from_utf8_lossy(line);
    if text.trim().is_empty() {
        return "the line is no JSON: it is empty; write a request such as {\"cmd\":\"ask\"}"
            .to_owned();
    }
    let mut words = format!("the line is no JSON: {fault}");
    let cause = if words.contains("number out of range") {
        "A number is a double here, at most 1.7976931348623157e308 in size"
    } else if ["NaN", "Infinity"].iter().any(|name| text.contains(name)) {
        "JSON has no NaN and no infinity"
    } else {
        return words;
    };
    let plain: String = text.split_whitespace().collect();
    let remedy = match plain.contains(r#""cmd":"init""#) {
        true => "the bounds and values of a space are finite numbers",
        false => "a trial without a finite value is told with \"state\":\"failed\"",
    };
    words.push_str(&format!(". {cause}; {remedy}"));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_field_and_what_to_write() {
        for (line, says) in [
            ("", "no JSON"),
            (" \n", "it is empty; write a request"),
            ("[1]", "a JSON object, not [1]"),
            ("{}", "`cmd` is missing"),
            (r#"{"cmd":3}"#, "`cmd` is 3"),
            (r#"{"cmd":"aks"}"#, "there is no cmd \"aks\""),
            (
                r#"{"cmd":"ask","n":2}"#,
                "ask: there is no field `n`; it takes none",
            ),
            (
                r#"{"cmd":"init","direction":"minimize"}"#,
                "`space` is missing",
            ),
            (r#"{"cmd":"init","space":[]}"#, "`direction` is missing"),
            (
                r#"{"cmd":"init","space":[],"direction":"up"}"#,
                "`direction` is \"up\"",
            ),
            (
                r#"{"cmd":"init","space":[],"direction":"maximize","seed":-1}"#,
                "`seed` is -1; write a whole number from 0",
            ),
            (
                r#"{"cmd":"init","space":[],"direction":"maximize","seed":18446744073709551616}"#,
                "write a whole number from 0 to 18446744073709551615",
            ),
            (
                r#"{"cmd":"init","space":[],"directions":"maximize"}"#,
                "init: there is no field `directions`; it takes `space`, `seed`, `direction` and `budget`",
            ),
            (
                r#"{"cmd":"init","space":[],"direction":"maximize","budget":0}"#,
                "`budget` is 0; write a whole number from 1 to 18446744073709551615, or leave it out",
            ),
            (r#"{"cmd":"tell","value":1}"#, "`id` is missing"),
            (r#"{"cmd":"tell","id":0}"#, "`value` is missing"),
            (
                r#"{"cmd":"tell","id":0,"value":null}"#,
                "`value` is missing",
            ),
            (
                r#"{"cmd":"tell","id":0,"value":"0.3"}"#,
                "`value` is \"0.3\"; write a finite",
            ),
            (r#"{"cmd":"tell","id":0,"value":true}"#, "`value` is true"),
            (r#"{"cmd":"tell","id":0,"value":NaN}"#, "JSON has no NaN"),
            (
                r#"{"cmd":"tell","id":0,"value":-Infinity}"#,
                "told with \"state\":\"failed\"",
            ),
            (
                r#"{"cmd": "init", "space": [{"name": "a", "high": Infinity}]}"#,
                "no infinity; the bounds and values of a space are finite",
            ),
            (
                r#"{"cmd":"tell","id":0,"value":1e999}"#,
                "no JSON: number out of range at line 1 column 34. A number is a double here, at most \
                 1.7976931348623157e308 in size; a trial without a finite value",
            ),
            (
                r#"{"cmd":"tell","id":0,"loss":0.1}"#,
                "no field `loss`; it takes `id`, `value`, `state`, `step` and `message`",
            ),
            (
                r#"{"cmd":"tell","trial":0,"value":1}"#,
                "there is no field `trial`",
            ),
            (
                r#"{"cmd":"tell","id":0,"value":1,"valeu":2}"#,
                "no field `valeu`",
            ),
            (
                r#"{"cmd":"tell","id":0,"value":1,"message":"slow"}"#,
                "`message` belongs to a failed",
            ),
            (
                r#"{"cmd":"tell","id":0,"state":"failed","step":2}"#,
                "`step` belongs to a pruned",
            ),
            (
                r#"{"cmd":"init","space":[{"choices":[1,-123456789012345678901]}]}"#,
                "-123456789012345678901 has more digits than JSON keeps; write it as a string, or \
                 as -123456789012345680000",
            ),
            (
                r#"{"cmd":"tell","id":0,"state":"lost"}"#,
                "`state` is \"lost\"",
            ),
            (
                r#"{"cmd":"tell","id":0,"state":"pruned","value":1}"#,
                "needs the `step`",
            ),
            (r#"{"cmd":"report","id":0,"value":1}"#, "`step` is missing"),
            (
                r#"{"cmd":"report","id":0,"step":1.5,"value":1}"#,
                "`step` is 1.5; write a whole number from 0 to 18446744073709551615",
            ),
            (
                r#"{"cmd":"report","id":0,"step":"1","value":1}"#,
                "`step` is \"1\"; write a whole number",
            ),
        ] {
            let fault = read(line.as_bytes()).expect_err(line);
            assert!(fault.contains(says), "{line}: {fault}");
        }
        assert!(read(b"{\"cmd\":\"\xff\"}").is_err());
        for (written, read) in [
            ("2.0", Some(2)),
            ("-0.0", Some(0)),
            ("1e3", Some(1000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1.0", None),
            ("true", None),
        ] {
            let json = serde_json::from_str(written).unwrap();
            assert_eq!(whole(&json), read, "{written}");
        }
        for same in [
            r#"1],"low":99999999999999991611392,"default":[1"#,
            "18446744073709551615",
            "-9223372036854775808",
            "100000000000000000000",
            "1.2345678901234568e+20",
            r#""123456789012345678901""#,
            r#""\"123456789012345678901""#,
        ] {
            let space = format!(r#"[{{"name":"a","choices":[{same}]}}]"#);
            let line = format!(r#"{{"cmd":"init","space":{space},"direction":"minimize"}}"#);
            assert!(read(line.as_bytes()).is_ok(), "{line}");
        }
    }
}
