//! All trust gates over a file's bytes, for whoever wants to know before a planner is started.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::get_error::GetError;
use super::roster::Roster;
use crate::discovery::{Candidate, Refused, inspect_within};
use crate::name::PlannerName;
use crate::trust::{self, Policy, Refusal, SignatureStanding};

/// What was verified: the bytes that the file held when it was read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verification {
    /// The planner's name.
    pub planner: PlannerName,
    /// The plugin's version.
    pub version: String,
    /// The file.
    pub path: PathBuf,
    /// The digest of the bytes, `blake3:…`.
    pub digest: String,
    /// Who signed them.
    pub signature: SignatureStanding,
}

/// Why a file was not verified.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no such planner, or its file was refused when it was discovered.
    #[error(transparent)]
    Get(#[from] GetError),
    /// The file is no plugin.
    #[error("{path}: {reason}", path = .0.path().display(), reason = .0.reason())]
    File(Arc<Refused>),
    /// A trust gate refuses the file.
    #[error("{path} was refused", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        refusal: Box<Refusal>,
    },
    /// The planner is linked into the host.
    #[error("planner {planner:?} is linked into the host: there is no file to verify", planner = planner.as_str())]
    NoFile {
        /// Which planner.
        planner: PlannerName,
    },
}

impl VerifyError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Get(error) => error.code(),
            Self::File(refused) => refused.code(),
            Self::Refused { refusal, .. } => refusal.code(),
            Self::NoFile { .. } => "E_NO_FILE",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Get(error) => error.remedy(),
            Self::File(refused) => refused.remedy().to_owned(),
            Self::Refused { refusal, .. } => refusal.remedy(),
            Self::NoFile { .. } => "None is needed: it was checked with the host.".to_owned(),
        }
    }
}

impl Roster {
    /// Applies all trust gates to the file of the planner `name` as it is now.
    pub(crate) fn verify(&self, name: &str) -> Result<Verification, VerifyError> {
        let planner = self.find(name)?;
        let candidate = planner.candidate().ok_or_else(|| VerifyError::NoFile {
            planner: planner.name().clone(),
        })?;
        verify(candidate, planner.name(), self.policy())
    }

    /// Applies all trust gates to the file at `path`, wherever it lies.
    pub(crate) fn verify_file(&self, path: &Path) -> Result<Verification, VerifyError> {
        self.ensure_discovered()?;
        let candidate =
            inspect_within(path, self.policy().size_bytes_max).map_err(VerifyError::File)?;
        let name = PlannerName::parse(candidate.name()).map_err(GetError::from)?;
        verify(&candidate, &name, self.policy())
    }
}

/// The same rule by which a planner is loaded, on bytes that nobody loads.
fn verify(
    candidate: &Candidate,
    name: &PlannerName,
    policy: &Policy,
) -> Result<Verification, VerifyError> {
    let verified =
        trust::verify(candidate, name, policy).map_err(|refusal| VerifyError::Refused {
            path: candidate.path().to_owned(),
            refusal: Box::new(refusal),
        })?;
    Ok(Verification {
        planner: verified.name().clone(),
        version: verified.manifest().version.to_string(),
        path: candidate.path().to_owned(),
        digest: format!("blake3:{}", verified.digest()),
        signature: verified.signature().clone(),
    })
}
