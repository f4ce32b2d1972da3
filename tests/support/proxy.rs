//! A TCP proxy on loopback that can be cut or held back: everything that goes through it breaks at
//! once, by hand, or when certain bytes have passed.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use socket2::SockRef;

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
    /// Until then one byte moves at a time.
    dripping_until: Option<Instant>,
    /// Excluded once, right after these bytes have passed in this direction for the so-manyth time.
    mark: Option<Mark>,
    streams: Vec<TcpStream>,
}

struct Mark {
    effect: Effect,
    bytes: Vec<u8>,
    way: Way,
    left: u32,
}

/// What happens to every connection at a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It ends: what goes there still arrives, what comes back does not.
    Cut,
    /// The same, and each side is told so with a reset.
    Reset,
    /// Nothing moves for so long.
    Stall(Duration),
    /// One byte moves at a time, for so long.
    Drip(Duration),
}

/// Between two bytes of a drip.
const DRIP_EVERY: Duration = Duration::from_millis(2);

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

    /// Excludes every connection once, when `bytes` come by for the `nth` time.
    pub fn strike_at(&self, effect: Effect, bytes: &[u8], way: Way, nth: u32) {
        self.state.lock().unwrap().mark = Some(Mark { effect, bytes: bytes.to_vec(), way, left: nth });
    }

    /// Whether what was asked for has happened.
    pub fn has_struck(&self) -> bool {
        self.state.lock().unwrap().mark.is_none()
    }
}

impl State {
    fn cut_all(&mut self) {
        for stream in self.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// A socket that is closed without lingering resets its peer; a shutdown before would have said
    /// goodbye.
    fn reset_all(&mut self) {
        for stream in self.streams.drain(..) {
            let socket = SockRef::from(&stream);
            let _ = socket.set_linger(Some(Duration::ZERO));
            // The pumps hold the same sockets open: a reading side that ends makes them let go.
            let _ = socket.shutdown(Shutdown::Read);
        }
    }

    fn exclude(&mut self, effect: Effect) {
        let until = |length| Instant::now().checked_add(length);
        match effect {
            Effect::Cut => self.cut_all(),
            Effect::Reset => self.reset_all(),
            Effect::Stall(length) => self.stalled_until = until(length),
            Effect::Drip(length) => self.dripping_until = until(length),
        }
    }

    /// What is to happen if what has just come by is the mark. A mark that two reads share is found
    /// by the tail of the first.
    fn marked(&mut self, way: Way, tail: &mut Vec<u8>, read: &[u8]) -> Option<Effect> {
        let mark = self.mark.as_mut().filter(|mark| mark.way == way)?;
        tail.extend_from_slice(read);
        let passed = tail.windows(mark.bytes.len()).filter(|window| *window == mark.bytes).count();
        let keep = tail.len().saturating_sub(mark.bytes.len().saturating_sub(1));
        tail.drain(..keep);
        mark.left = mark.left.saturating_sub(u32::try_from(passed).unwrap());
        if mark.left > 0 {
            return None;
        }
        self.mark.take().map(|mark| mark.effect)
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
        let effect = state.lock().unwrap().marked(way, &mut tail, &buffer[..count]);
        match effect {
            Some(ending @ (Effect::Cut | Effect::Reset)) => {
                if way == Way::There {
                    to.write_all(&buffer[..count])?;
                }
                state.lock().unwrap().exclude(ending);
                return Ok(());
            }
            Some(slowing @ (Effect::Stall(_) | Effect::Drip(_))) => state.lock().unwrap().exclude(slowing),
            None => {}
        }
        slowly(state, &mut to, &buffer[..count])?;
    })();
    drop(copied);
    if SockRef::from(&from).linger().is_ok_and(|linger| linger.is_some()) {
        return;
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Writes, as slowly as it is meant to be at this moment.
fn slowly(state: &Mutex<State>, to: &mut TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    let left = |until: Option<Instant>| until.map(|until| until.saturating_duration_since(Instant::now()));
    let stalled = state.lock().unwrap().stalled_until;
    thread::sleep(left(stalled).unwrap_or_default());
    while let Some((first, rest)) = bytes.split_first() {
        let dripping = state.lock().unwrap().dripping_until;
        if left(dripping).unwrap_or_default().is_zero() {
            return to.write_all(bytes);
        }
        to.write_all(&[*first])?;
        thread::sleep(DRIP_EVERY);
        bytes = rest;
    }
    Ok(())
}
