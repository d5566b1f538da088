//! The flags that the examples share.
#![cfg(feature = "sqlite")]

#[path = "../examples/support/mod.rs"]
mod support;

use clap::Parser;
use support::Flags;

#[test]
fn a_result_that_cannot_be_written_is_refused_before_the_search() {
    let folder = std::env::temp_dir().join(format!("tuner-flags-{}", std::process::id()));
    let file = folder.join("result.json");
    let parse = || Flags::try_parse_from(["example".as_ref(), "--json".as_ref(), file.as_os_str()]);
    let fault = parse().unwrap_err().to_string();
    assert!(fault.contains("make its folder first"), "{fault}");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(parse().unwrap().json.as_ref(), Some(&file));
    // Trying leaves nothing behind, and what is there as it is.
    assert!(!file.exists());
    std::fs::write(&file, "{}").unwrap();
    parse().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}");
    std::fs::remove_dir_all(&folder).unwrap();
}
