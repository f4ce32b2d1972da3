//! A TCP proxy on loopback that can be cut: everything that goes through it breaks at once, and stays broken until restored.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Forwards to one server.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: bool,
    streams: Vec<TcpStream>,
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
        for stream in state.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets new connections through again.
    pub fn restore(&self) {
        self.state.lock().unwrap().cut = false;
    }
}

fn join(client: TcpStream, upstream: TcpStream, state: &Mutex<State>) {
    let mut state = state.lock().unwrap();
    if state.cut {
        let _ = client.shutdown(Shutdown::Both);
        return;
    }
    let (there, back) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    state.streams.extend([client.try_clone().unwrap(), upstream.try_clone().unwrap()]);
    thread::spawn(move || pump(there, upstream));
    thread::spawn(move || pump(back, client));
}

/// Copies until either side ends, and then ends both.
fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    let copied: io::Result<()> = (|| loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            count => to.write_all(&buffer[..count])?,
        }
    })();
    drop(copied);
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
