//! A TCP proxy on loopback that can be cut or held back: everything that goes through it breaks at once, by hand, or when certain bytes have passed.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Forwards to one server.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    /// Nothing moves until then.
    stalled_until: Option<Instant>,
    /// Cut once, right after these bytes have passed in this direction for the so-manyth time.
    mark: Option<Mark>,
    streams: Vec<TcpStream>,
}

struct Mark {
    bytes: Vec<u8>,
    way: Way,
    left: u32,
}

/// In which direction bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    There,
    /// From the server to the client; the client does not get them.
    Back,
}

impl Proxy {
    /// Begins to forward connections to `server`.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(upstream) = TcpStream::connect(server) {
                    join(client, upstream, &shared);
                }
            }
        });
        Self { address, state }
    }

    /// Where to connect.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection, and every new one at once.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.cut = true;
        state.cut_all();
    }

    /// Lets new connections through again.
    pub fn restore(&self) {
        self.state.lock().unwrap().cut = false;
    }

    /// Holds everything back for a while, without ending anything.
    pub fn stall(&self, length: Duration) {
        self.state.lock().unwrap().stalled_until = Instant::now().checked_add(length);
    }

    /// Cuts every connection once, when `bytes` come by for the `nth` time: what goes there still arrives, what comes back does not.
    pub fn cut_at(&self, bytes: &[u8], way: Way, nth: u32) {
        self.state.lock().unwrap().mark = Some(Mark { bytes: bytes.to_vec(), way, left: nth });
    }

    /// Whether the cut that was asked for has happened.
    pub fn was_cut(&self) -> bool {
        self.state.lock().unwrap().mark.is_none()
    }
}

impl State {
    fn cut_all(&mut self) {
        for stream in self.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether what has just come by is the mark. A mark that two reads share is found by the tail of the first.
    fn is_mark(&mut self, way: Way, tail: &mut Vec<u8>, read: &[u8]) -> bool {
        let Some(mark) = self.mark.as_mut().filter(|mark| mark.way == way) else { return false };
        tail.extend_from_slice(read);
        let passed = tail.windows(mark.bytes.len()).filter(|window| *window == mark.bytes).count();
        let keep = tail.len().saturating_sub(mark.bytes.len().saturating_sub(1));
        tail.drain(..keep);
        mark.left = mark.left.saturating_sub(u32::try_from(passed).unwrap());
        if mark.left == 0 {
            self.mark = None;
            return true;
        }
        false
    }
}

fn join(client: TcpStream, upstream: TcpStream, shared: &Arc<Mutex<State>>) {
    let mut state = shared.lock().unwrap();
    if state.cut {
        let _ = client.shutdown(Shutdown::Both);
        return;
    }
    let (there, back) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    state.streams.extend([client.try_clone().unwrap(), upstream.try_clone().unwrap()]);
    let (one, other) = (Arc::clone(shared), Arc::clone(shared));
    thread::spawn(move || pump(there, upstream, Way::There, &one));
    thread::spawn(move || pump(back, client, Way::Back, &other));
}

/// Copies until either side ends, and then ends both.
fn pump(mut from: TcpStream, mut to: TcpStream, way: Way, state: &Mutex<State>) {
    let (mut buffer, mut tail) = ([0; 16 * 1024], Vec::new());
    let copied: io::Result<()> = (|| loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let stalled = state.lock().unwrap().stalled_until;
        thread::sleep(
            stalled.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now())),
        );
        let is_mark = state.lock().unwrap().is_mark(way, &mut tail, &buffer[..count]);
        if !is_mark || way == Way::There {
            to.write_all(&buffer[..count])?;
        }
        if is_mark {
            state.lock().unwrap().cut_all();
        }
    })();
    drop(copied);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
