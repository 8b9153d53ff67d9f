//! Calls of 100 bytes that others make, for `cargo bench -p benches --bench isolation -- peers`: into a guest of
//! wasmtime, and into another process by iceoryx2.
//!
//! As `measure` it reads from its standard input what to measure, a line each: the subject, how many calls, and
//! the pause before each in milliseconds. It answers with one line of as many nanoseconds. As `serve` it is the
//! other process, and says in a line that it is there. Both take the name of a service that is theirs alone, and
//! end when their standard input does.

mod guest;
mod service;

use std::error::Error;
use std::hint::black_box;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use guest::Compiled;
use service::Client;

/// What is asked, and what is answered.
type Message = [u8; 100];

const QUESTION: Message = [7; 100];

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [role, name] if role == "measure" => measure(name),
        [role, name] if role == "serve" => service::serve(name),
        _ => Err("either `measure NAME` or `serve NAME`".into()),
    }
}

fn measure(name: &str) -> Result<(), Failure> {
    let compiled = Compiled::new()?;
    let mut guest = compiled.instance()?;
    let client = Client::new(name)?;
    let answers = [
        guest.ask(&QUESTION)?,
        client.ask_and_look(&QUESTION)?,
        client.ask_and_wait(&QUESTION)?,
    ];
    // The first byte belongs to the service.
    if answers.iter().any(|answer| answer[1..] != QUESTION[1..]) {
        return Err(format!("what was asked is not what was answered: {answers:?}").into());
    }
    for line in io::stdin().lines() {
        let line = line?;
        let [subject, count, pause] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("not a subject, a count and a pause: {line}").into());
        };
        let rounds = Rounds {
            count: count.parse()?,
            pause: Duration::from_millis(pause.parse()?),
        };
        let times = match subject {
            "guest" => rounds.time(|| Ok(guest.ask(&QUESTION)?)),
            "looking" => rounds.time(|| client.ask_and_look(&QUESTION)),
            "waiting" => rounds.time(|| client.ask_and_wait(&QUESTION)),
            "instance" => rounds.time(|| {
                let mut guest = compiled.instance()?;
                Ok((guest.ask(&QUESTION)?, guest))
            }),
            "module" => rounds.time(|| {
                let compiled = Compiled::new()?;
                let mut guest = compiled.instance()?;
                Ok((guest.ask(&QUESTION)?, guest, compiled))
            }),
            _ => return Err(format!("no such subject: {subject}").into()),
        };
        let times: Vec<String> = times?.iter().map(ToString::to_string).collect();
        let mut out = io::stdout().lock();
        writeln!(out, "{}", times.join(" "))?;
    }
    Ok(())
}

struct Rounds {
    count: usize,
    pause: Duration,
}

impl Rounds {
    /// Nanoseconds of each call. What a call gives back is dropped when its time was taken.
    fn time<T>(&self, mut call: impl FnMut() -> Result<T, Failure>) -> Result<Vec<u128>, Failure> {
        let calls = (0..self.count).map(|_| {
            if !self.pause.is_zero() {
                thread::sleep(self.pause);
            }
            let begun = Instant::now();
            let given = black_box(call()?);
            let taken = begun.elapsed();
            drop(given);
            Ok(taken.as_nanos())
        });
        calls.collect()
    }
}
