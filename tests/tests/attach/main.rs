//! A running host seen and changed from outside, by the real command.
//!
//! The suite is its own host: it starts itself with `--host`, and that process exposes a registry and
//! does what it is told line by line. It has no harness, for a harness has a `main` of its own.

mod ground;
mod refusals;
mod sockets;
mod state;

use std::env;
use std::path::Path;

fn main() {
    registry::worker::serve_if_requested();
    let arguments: Vec<String> = env::args().collect();
    match arguments.as_slice() {
        [_, first, plugins, sockets] if first == ground::HOST => {
            ground::be_host(Path::new(plugins), Path::new(sockets));
        }
        [_, first, socket, uid] if first == refusals::OTHER_USER => {
            refusals::be_other_user(Path::new(socket), uid.parse().unwrap());
        }
        _ => {
            for (name, test) in [
                (
                    "state: tells and changes",
                    state::tells_and_changes_the_hosts as fn(),
                ),
                ("state: own view", state::without_attach_the_command_says_so),
                (
                    "state: explains a file",
                    state::a_file_is_explained_from_where_the_command_stands,
                ),
                (
                    "sockets: listed",
                    sockets::hosts_are_listed_and_stale_sockets_told,
                ),
                (
                    "sockets: replaced",
                    sockets::a_stale_socket_is_replaced_and_a_living_one_never,
                ),
                (
                    "sockets: folder",
                    sockets::a_folder_that_others_can_enter_is_not_used,
                ),
                ("refusals: another user", refusals::another_user_is_refused),
                (
                    "refusals: other versions",
                    refusals::other_versions_and_other_programs_are_told,
                ),
                (
                    "refusals: silence",
                    refusals::a_host_that_says_nothing_is_not_waited_for,
                ),
                (
                    "refusals: commands",
                    refusals::commands_that_ask_no_host_say_so,
                ),
            ] {
                println!("{name}");
                test();
            }
        }
    }
}
