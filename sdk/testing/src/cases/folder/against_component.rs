//! The cases of a folder, run against a component, and refreshed.

use std::fs;
use std::path::{Path, PathBuf};

use super::{OVERLAY, found, read, read_case};
use crate::cases::overlay::OverlayFile;
use crate::cases::write::case;
use crate::cases::{CasesError, run_case};
use crate::component::Component;
use crate::host::Host;
use crate::setup::{Mode, Setup};

/// Cases, and the component they are to be run against. With the feature `component`.
///
/// ```no_run
/// use trellis_testing::Component;
/// use trellis_testing::cases::{Cases, CasesError};
///
/// let component = Component::from_file("tickets.wasm");
/// let cases = Cases::in_folder("plugins/tickets/cases".as_ref(), component, None)?;
/// for file in cases.files() {
///     let outcome = cases.run(file, false)?;
///     println!("{}: {} steps, {} differences", outcome.about, outcome.steps, outcome.differences.len());
/// }
/// # Ok::<(), CasesError>(())
/// ```
pub struct Cases {
    setup: Setup,
    files: Vec<PathBuf>,
}

/// What came of a case.
///
/// ```
/// use trellis_testing::cases::CaseOutcome;
///
/// let outcome = CaseOutcome { about: "A ticket is used once.".into(), steps: 4, differences: vec![] };
/// assert!(outcome.differences.is_empty(), "{}: {}", outcome.about, outcome.differences.join("\n"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseOutcome {
    /// What it is about, in its own words.
    pub about: String,
    /// Steps taken.
    pub steps: usize,
    /// Where it came to something else than expected, each in words. Refreshed, they are what changed.
    pub differences: Vec<String>,
}

impl Cases {
    /// The cases in a folder, for a component. `compiled` is a folder for the compiled code, where that is not kept beside the
    /// running program.
    ///
    /// ```
    /// use trellis_testing::Component;
    /// use trellis_testing::cases::{Cases, CasesError};
    ///
    /// let component = Component::from_file("tickets.wasm");
    /// let cases = Cases::in_folder("there/is/no/such/folder".as_ref(), component, None);
    /// assert!(matches!(cases, Err(CasesError::File { .. })));
    /// ```
    ///
    /// # Errors
    /// [`CasesError`].
    pub fn in_folder(folder: &Path, component: Component, compiled: Option<PathBuf>) -> Result<Self, CasesError> {
        let overlay = folder.join(OVERLAY);
        let malformed = |text: String| CasesError::Malformed { path: overlay.clone(), text };
        let file: OverlayFile = serde_json::from_str(&read(&overlay)?).map_err(|error| malformed(error.to_string()))?;
        let mut setup = file.setup(component).map_err(|error| malformed(error.to_string()))?;
        setup.compiled = compiled;
        Ok(Self { setup, files: found(folder)? })
    }

    /// The files of the cases, by name.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Runs a case on a host of its own. With `refresh` what it came to is written into it as what is expected.
    ///
    /// # Errors
    /// [`CasesError`].
    pub fn run(&self, file: &Path, refresh: bool) -> Result<CaseOutcome, CasesError> {
        let (about, steps) = read_case(file)?;
        let mut host =
            Host::start(&self.setup, Mode::Component).map_err(|error| CasesError::Hosting(error.to_string()))?;
        let ran = run_case(&mut host, &steps);
        let ran = ran.map_err(|text| CasesError::Malformed { path: file.to_owned(), text })?;
        if refresh {
            fs::write(file, case(&about, &ran.steps))
                .map_err(|error| CasesError::File { path: file.to_owned(), error })?;
        }
        Ok(CaseOutcome { about, steps: ran.steps.len(), differences: ran.differences })
    }
}
