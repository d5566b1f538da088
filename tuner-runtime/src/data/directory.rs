//! Where a data set lies: what the user says, what the environment says, or this repository.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::DataError;

/// The folder of the data set `name`, such as `mnist`, `fashion-mnist`, `cifar10` or `temperatures`.
///
/// `explicit` (the value of an option like `--data-dir`) counts first, then the environment variable
/// `TUNER_DATA`; each is either the folder of the data set or one that holds a folder `name` (or
/// `cifar-10-batches-bin`, as the archive of CIFAR-10 unpacks). If
/// neither is given, it is `examples/data/NAME` of the repository that this program was built in.
/// What is given must exist: nothing else is taken in its place.
///
/// # Errors
///
/// [`DataError::NoDirectory`], which says where it looked.
///
/// ```
/// # use tuner_runtime as tuner;
/// let error = tuner::data::directory("mnist", Some("no/such/place".as_ref())).unwrap_err();
/// assert!(error.to_string().contains("no/such/place"));
/// ```
pub fn directory(name: &str, explicit: Option<&Path>) -> Result<PathBuf, DataError> {
    find(name, explicit, std::env::var_os("TUNER_DATA"), &bundled())
}

/// The repository's own data. In a published crate, which carries none, the folder does not exist.
fn bundled() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root
        .parent()
        .unwrap_or(crate_root)
        .join("examples")
        .join("data")
}

/// The folder that the published archive unpacks to, where it has a name of its own.
fn published_name(name: &str) -> Option<&'static str> {
    (name == "cifar10").then_some("cifar-10-batches-bin")
}

fn find(
    name: &str,
    explicit: Option<&Path>,
    environment: Option<OsString>,
    bundled: &Path,
) -> Result<PathBuf, DataError> {
    let environment = environment
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let given = match (explicit, environment) {
        (Some(path), _) => Some(("given as the data directory", path.to_path_buf())),
        (None, Some(path)) => Some(("given by TUNER_DATA", path)),
        (None, None) => None,
    };
    let looked_in = match given {
        Some((why, path)) => {
            let folders = std::iter::once(name).chain(published_name(name));
            let mut places: Vec<_> = folders.map(|folder| (why, path.join(folder))).collect();
            places.push((why, path));
            places
        }
        None => vec![("the repository's own", bundled.join(name))],
    };
    match looked_in.iter().find(|(_, path)| path.is_dir()) {
        Some((_, path)) => Ok(path.clone()),
        None => Err(DataError::NoDirectory {
            name: name.to_owned(),
            looked_in,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        for folder in ["option/mnist", "environment/mnist", "bundled/mnist"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let path = root.path().to_path_buf();
        (root, path)
    }

    #[test]
    fn the_option_counts_before_the_environment_and_that_before_the_repository() {
        let (_keep, root) = folders();
        let option = root.join("option");
        let environment = root.join("environment").into_os_string();
        let bundled = root.join("bundled");
        let find = |option, environment| find("mnist", option, environment, &bundled).unwrap();
        assert_eq!(
            find(Some(option.as_path()), Some(environment.clone())),
            root.join("option/mnist")
        );
        assert_eq!(
            find(None, Some(environment)),
            root.join("environment/mnist")
        );
        assert_eq!(find(None, None), root.join("bundled/mnist"));
        // An empty variable is as good as none.
        assert_eq!(find(None, Some("".into())), root.join("bundled/mnist"));
    }

    #[test]
    fn the_folder_itself_may_be_given() {
        let (_keep, root) = folders();
        let itself = root.join("option/mnist");
        let found = find("mnist", Some(&itself), None, &root).unwrap();
        assert_eq!(found, itself);
    }

    #[test]
    fn the_archive_of_cifar_may_be_unpacked_beside_others() {
        let (_keep, root) = folders();
        let published = root.join("option/cifar-10-batches-bin");
        std::fs::create_dir_all(&published).unwrap();
        let option = root.join("option");
        let find = |name| find(name, Some(&option), None, &root).unwrap();
        assert_eq!(find("cifar10"), published);
        assert_eq!(find("mnist"), root.join("option/mnist"));
        assert_eq!(find("temperatures"), option);
    }

    #[test]
    fn what_is_given_and_missing_is_a_fault_that_says_where_it_looked() {
        let (_keep, root) = folders();
        let missing = root.join("missing");
        let text = find(
            "mnist",
            None,
            Some(missing.clone().into()),
            &root.join("bundled"),
        )
        .unwrap_err()
        .to_string();
        for part in [
            "`mnist`",
            missing.to_str().unwrap(),
            missing.join("mnist").to_str().unwrap(),
            "given by TUNER_DATA",
            "--data-dir",
        ] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
        let text = find("cifar10", None, None, &missing)
            .unwrap_err()
            .to_string();
        assert!(text.contains("the repository's own"), "{text}");
    }

    #[test]
    fn the_repository_has_its_data_sets() {
        for name in ["mnist", "cifar10", "temperatures"] {
            assert!(find(name, None, None, &bundled()).is_ok(), "{name}");
        }
    }
}
