//! Requests and responses by iceoryx2. A side looks for messages over and over, or waits for an event that says
//! that there is one: the first byte of a question says what the client does.

use std::hint::spin_loop;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use iceoryx2::port::{client, listener::Listener, notifier::Notifier};
use iceoryx2::prelude::{Node, NodeBuilder, ipc::Service};
use iceoryx2::service::port_factory::{event, request_response};

use crate::{Failure, Message};

/// How often a side looks in vain before it gives way to others, or wakes the other side.
const LOOKS_MAX: u32 = 10_000;

/// How long an idle server takes at most to see that it is no longer needed.
const WAIT_MAX: Duration = Duration::from_millis(200);

/// The first byte of a question whose client waits for an event.
const WAITS: u8 = 1;

type Requests = request_response::PortFactory<Service, Message, (), Message, ()>;

type Events = event::PortFactory<Service>;

/// Answers until the standard input ends, and looks for questions as long as they follow each other closely.
pub(crate) fn serve(name: &str) -> Result<(), Failure> {
    let node = NodeBuilder::new().create()?;
    let server = requests(&node, name)?.server_builder().create()?;
    let asked = events(&node, name, "asked")?.listener_builder().create()?;
    let answered = events(&node, name, "answered")?
        .notifier_builder()
        .create()?;
    println!("serving");
    io::stdout().flush()?;
    let ended = ended();
    let mut looks = 0;
    while !ended.load(Ordering::Relaxed) {
        if let Some(question) = server.receive()? {
            looks = 0;
            question.send_copy(*question)?;
            if question[0] == WAITS {
                answered.notify()?;
            }
        } else if looks < LOOKS_MAX {
            looks += 1;
            spin_loop();
        } else {
            asked.timed_wait(|_| (), WAIT_MAX)?;
        }
    }
    Ok(())
}

/// Set when the standard input has ended.
fn ended() -> Arc<AtomicBool> {
    let ended = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&ended);
    thread::spawn(move || {
        let _read = io::copy(&mut io::stdin(), &mut io::sink());
        theirs.store(true, Ordering::Relaxed);
    });
    ended
}

/// Who asks.
pub(crate) struct Client {
    port: client::Client<Service, Message, (), Message, ()>,
    asked: Notifier<Service>,
    answered: Listener<Service>,
}

impl Client {
    pub(crate) fn new(name: &str) -> Result<Self, Failure> {
        let node = NodeBuilder::new().create()?;
        Ok(Self {
            port: requests(&node, name)?.client_builder().create()?,
            asked: events(&node, name, "asked")?.notifier_builder().create()?,
            answered: events(&node, name, "answered")?
                .listener_builder()
                .create()?,
        })
    }

    /// Looks for the answer over and over. A server that has stopped looking is woken.
    pub(crate) fn ask_and_look(&self, question: &Message) -> Result<Message, Failure> {
        let pending = self.port.send_copy(*question)?;
        let mut looks = 0;
        loop {
            if let Some(answer) = pending.receive()? {
                return Ok(*answer);
            }
            looks += 1;
            if looks % LOOKS_MAX == 0 {
                self.asked.notify()?;
            }
            spin_loop();
        }
    }

    /// Wakes the server, and waits until it is woken by it.
    pub(crate) fn ask_and_wait(&self, question: &Message) -> Result<Message, Failure> {
        let mut question = *question;
        question[0] = WAITS;
        let pending = self.port.send_copy(question)?;
        self.asked.notify()?;
        loop {
            if let Some(answer) = pending.receive()? {
                return Ok(*answer);
            }
            self.answered.blocking_wait(|_| ())?;
        }
    }
}

fn requests(node: &Node<Service>, name: &str) -> Result<Requests, Failure> {
    let service = node.service_builder(&name.try_into()?);
    let service = service.request_response::<Message, Message>();
    Ok(service.open_or_create()?)
}

fn events(node: &Node<Service>, name: &str, what: &str) -> Result<Events, Failure> {
    let service = node.service_builder(&format!("{name}/{what}").as_str().try_into()?);
    Ok(service.event().open_or_create()?)
}
