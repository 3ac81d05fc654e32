//! A web server on this machine's loopback address that misbehaves as it is told, and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What it answers. The n-th connection is cut after `cuts[n]` bytes of the body; later ones get everything.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: Vec<u8>,
    /// Whether a range request is answered by that range, or by everything.
    pub ranges: bool,
    pub cuts: Vec<usize>,
    /// A cut connection stays open and silent instead of being closed.
    pub silent: bool,
    /// No length is announced: only the end of the connection tells the end of the file.
    pub unannounced: bool,
}

impl Answer {
    pub fn file(body: &[u8]) -> Self {
        Answer {
            status: 200,
            kind: "application/octet-stream",
            body: body.to_vec(),
            ranges: true,
            cuts: vec![],
            silent: false,
            unannounced: false,
        }
    }

    pub fn status(status: u16) -> Self {
        Answer { status, ..Answer::file(b"no") }
    }

    pub fn page() -> Self {
        Answer {
            kind: "text/html; charset=utf-8",
            ..Answer::file(b"<!DOCTYPE html><title>Quota exceeded</title>")
        }
    }

    pub fn cut(self, cuts: &[usize]) -> Self {
        Answer { cuts: cuts.to_vec(), ..self }
    }
}

pub struct Server {
    address: SocketAddr,
    /// Where each request wanted to begin: `None` without a range.
    asked: Arc<Mutex<Vec<Option<usize>>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, stopped) = (Arc::new(Mutex::new(vec![])), Arc::new(AtomicBool::new(false)));
        let server = Server { address, asked: asked.clone(), stopped: stopped.clone() };
        thread::spawn(move || {
            for connection in listener.incoming().take(100) {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (answer, asked, stopped) = (answer.clone(), asked.clone(), stopped.clone());
                thread::spawn(move || serve(connection?, &answer, &asked, &stopped));
            }
        });
        server
    }

    pub fn url(&self, file: &str) -> String {
        format!("http://{}/{file}", self.address)
    }

    pub fn asked(&self) -> Vec<Option<usize>> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address); // so that it looks
    }
}

fn serve(
    connection: TcpStream,
    answer: &Answer,
    asked: &Mutex<Vec<Option<usize>>>,
    stopped: &AtomicBool,
) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(20)))?;
    connection.set_write_timeout(Some(Duration::from_secs(20)))?;
    let mut from = None;
    for line in BufReader::new(&connection).lines().take(100) {
        let line = line?.to_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    let number = asked.lock().unwrap().len();
    asked.lock().unwrap().push(from);
    let (head, first) = head(answer, from);
    let rest = &answer.body[first..];
    let sent = answer.cuts.get(number).map_or(rest.len(), |cut| rest.len().min(*cut));
    let mut out = &connection;
    out.write_all(head.as_bytes())?;
    out.write_all(&rest[..sent])?;
    out.flush()?;
    let began = Instant::now();
    while answer.silent
        && sent < rest.len()
        && !stopped.load(Ordering::Relaxed)
        && began.elapsed().as_secs() < 600
    {
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// The head of an answer, and the first byte of the body that it is about.
fn head(answer: &Answer, from: Option<usize>) -> (String, usize) {
    let Answer { status, kind, body, .. } = answer;
    let whole = body.len();
    let (status, first, range) = match from {
        Some(from) if answer.ranges && *status == 200 && from >= whole => {
            (416, whole, format!("Content-Range: bytes */{whole}\r\n"))
        }
        Some(from) if answer.ranges && *status == 200 => {
            (206, from, format!("Content-Range: bytes {from}-{}/{whole}\r\n", whole - 1))
        }
        _ => (*status, 0, String::new()),
    };
    let length = match answer.unannounced {
        true => String::new(),
        false => format!("Content-Length: {}\r\n", whole - first),
    };
    (
        format!("HTTP/1.1 {status} So\r\nContent-Type: {kind}\r\n{range}{length}Connection: close\r\n\r\n"),
        first,
    )
}
