//! A host for documents: it can be asked from outside, and asks one planner for a plan over and over.

use std::error::Error;
use std::time::Duration;

use registry::Registry;
use registry::plugin_api::PlanRequest;

/// From one plan to the next.
const PAUSE: Duration = Duration::from_millis(50);

fn main() -> Result<(), Box<dyn Error>> {
    registry::worker::serve_if_requested();
    let planner = std::env::args().nth(1).ok_or("which planner?")?;
    let registry = Registry::from_env()?;
    let _exposed = registry.expose()?;
    loop {
        // What becomes of it is what the documents ask for, from outside.
        let _ = registry.plan(&planner, &PlanRequest::new("Close the quarter"));
        std::thread::sleep(PAUSE);
    }
}
