//! `registry ps`: the running hosts of this user that can be asked.

use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use registry::ops::{Exposed, Standing, hosts};
use serde::Serialize;

use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer<'a> {
    hosts: &'a [Exposed],
}

pub(super) fn run(session: &mut Session<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let config = session.config()?;
    let hosts = hosts(config.control()).map_err(Failure::from)?;
    let answer = Answer { hosts: &hosts };
    output.answer(&answer, |look| text(&hosts, look))?;
    Ok(())
}

fn text(hosts: &[Exposed], look: Look) -> String {
    let mut page = Page::new(look);
    if hosts.is_empty() {
        page.line(0, [Cell::new("no host is exposed")]);
        return page.finish();
    }
    let mut table = Table::new(["PID", "PROGRAM", "UP", "PLANNERS", "STATE", "SOCKET"]);
    for host in hosts {
        let [program, up, planners, state] = match &host.standing {
            Standing::Answers {
                host,
                active,
                ready,
            } => [
                Cell::new(&host.program),
                Cell::new(format!("{} s", host.up().as_secs())),
                Cell::new(format!("{active} active")),
                state(*ready),
            ],
            Standing::Silent { code } => {
                nothing(Cell::new(format!("silent: {code}")).ink(Ink::Warn))
            }
            _ => nothing(Cell::new("stale").ink(Ink::Faint)),
        };
        let socket = host.socket.to_string_lossy();
        let pid = Cell::new(host.pid.to_string());
        table.row([pid, program, up, planners, state, Cell::new(socket)]);
    }
    page.table(0, &table);
    page.finish()
}

fn state(ready: bool) -> Cell {
    if ready {
        Cell::new("ready").ink(Ink::Good)
    } else {
        Cell::new("not ready").ink(Ink::Bad)
    }
}

fn nothing(state: Cell) -> [Cell; 4] {
    [Cell::nothing(), Cell::nothing(), Cell::nothing(), state]
}
