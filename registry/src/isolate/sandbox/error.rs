//! Why a sandbox could not be applied.

use std::error::Error;

use super::LayerName;

/// Why a sandbox could not be applied. The process must not run a plugin then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A layer that `strict` demands cannot be had.
    #[error("the sandbox demands the layer {}, which cannot be had", .layer.as_str())]
    Layer {
        /// Which one.
        layer: LayerName,
        /// Why not.
        #[source]
        source: LayerError,
    },
    /// A layer that `strict` demands is to be left out.
    #[error("the sandbox demands the layer {}, which is to be left out", .layer.as_str())]
    LeftOut {
        /// Which one.
        layer: LayerName,
    },
    /// The process has threads already, which would stay outside of the sandbox.
    #[error("the process has {threads} threads already, and a sandbox holds for one")]
    Threads {
        /// How many there are.
        threads: u64,
    },
    /// The parent ended before the process could ask to end with it.
    #[error("the process that started this one has ended")]
    ParentGone,
}

/// Why a layer cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct LayerError {
    what: &'static str,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl SandboxError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Layer { .. } | Self::LeftOut { .. } => "E_SANDBOX_LAYER",
            Self::Threads { .. } => "E_SANDBOX_THREADS",
            Self::ParentGone => "E_PARENT_GONE",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Layer { .. } => {
                "See `registry doctor` for what this machine can enforce, or go on with the sandbox at \
                 best-effort."
                    .to_owned()
            }
            Self::LeftOut { .. } => "Leave the layer in, or set the sandbox to best-effort.".to_owned(),
            Self::Threads { .. } => {
                "Serve as the first thing in `main`, before anything starts a thread.".to_owned()
            }
            Self::ParentGone => "Start the host again.".to_owned(),
        }
    }
}

impl LayerError {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, source: None }
    }

    /// A `map_err` for the failure of a call.
    pub(super) fn of<E>(what: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        move |error| Self {
            what,
            source: Some(error.into()),
        }
    }

    /// The whole chain in one line.
    pub(super) fn line(&self) -> String {
        let mut line = self.what.to_owned();
        let mut next = self.source();
        while let Some(error) = next {
            line.push_str(": ");
            line.push_str(&error.to_string());
            next = error.source();
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn a_reason_tells_the_whole_chain() {
        let error = LayerError::of("limits cannot be set")(Errno::PERM);
        assert_eq!(
            error.line(),
            "limits cannot be set: Operation not permitted (os error 1)"
        );
        assert_eq!(LayerError::new("it is granted").line(), "it is granted");
    }

    #[test]
    fn a_refusal_names_the_layer() {
        let error = SandboxError::Layer {
            layer: LayerName::SystemCalls,
            source: LayerError::new("no"),
        };
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            (
                "E_SANDBOX_LAYER",
                "the sandbox demands the layer system_calls, which cannot be had"
            )
        );
    }
}
