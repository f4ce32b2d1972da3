//! Texts that are too much for a record, and GZIP files.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use crate::{Case, DISPROPORTIONATE, read, refused};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused("gzip-of-300-mb", || gzip(&b"a,b\n".repeat(75 << 20)), DISPROPORTIONATE),
        refused("gzip-in-gzip", || gzip(&gzip(b"a,b\n")), "decompress it once"),
        refused("gzip-of-a-large-zip", large_zip, "decompress it first"),
        refused("half-a-gzip", half, "cut off"),
        read("gzip-of-many-members", || gzip(b"a,b\n").repeat(100_000), 100_000),
        refused("one-line-of-50-mb", || vec![b'a'; 50 << 20], "name a separator"),
        refused(
            "one-record-of-50-mb",
            || [&b"a,b\n"[..], &vec![b'a'; 50 << 20]].concat(),
            "more than 65536 bytes",
        ),
        refused("a-quote-that-is-never-closed", quote, "is a quote never closed"),
        refused("257-columns", || [&b"a,"[..], &b"a,".repeat(255), b"a\n"].concat(), "column 256"),
        read("lines-of-separators", || b"a,b\n".iter().copied().chain(blank()).collect(), 1 + (1 << 20)),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn large_zip() -> Vec<u8> {
    gzip(&[&b"PK\x03\x04"[..], &vec![0; 80 << 20]].concat())
}

fn half() -> Vec<u8> {
    let mut bytes = gzip(&b"a,b\n".repeat(1_000));
    bytes.truncate(bytes.len() / 2);
    bytes
}

fn quote() -> Vec<u8> {
    [&b"a,b\n1,\"2\n"[..], &b"3,4\n".repeat(10 << 20)].concat()
}

/// A million lines of fifty separators.
fn blank() -> impl Iterator<Item = u8> {
    [&[b','; 49][..], b"\n"].concat().repeat(1 << 20).into_iter()
}
