//! HTTP/2 as no client would speak it: frames written one by one (RFC 9113).

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Kinds of frames, by their numbers.
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;

/// Error codes.
pub(crate) const REFUSED_STREAM: u32 = 7;

/// A connection on which the preface and empty settings have been sent.
pub(crate) struct Frames(TcpStream);

/// A frame that arrived.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The number in four bytes of the payload.
    pub(crate) fn number(&self, at: usize) -> u32 {
        let bytes = self.payload.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_be_bytes(bytes.expect("four bytes"))
    }

    /// A parameter of `SETTINGS`.
    pub(crate) fn setting(&self, id: u16) -> Option<u32> {
        let parameters = self.payload.chunks_exact(6);
        let mut parameters = parameters.filter(|bytes| bytes[..2] == id.to_be_bytes());
        parameters.next().map(|bytes| u32::from_be_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]))
    }
}

/// The bytes of a frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The beginning of a gRPC call whose message never comes.
pub(crate) fn open_call(stream: u32, path: &str) -> Vec<u8> {
    const HEADERS: u8 = 1;
    const END_HEADERS: u8 = 4;
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.push(u8::try_from(text.len()).expect("a short text"));
        bytes.extend(text.as_bytes());
    };
    // `:method: POST` and `:scheme: http` stand in the static table (RFC 7541, appendix A).
    let mut block = vec![0x83, 0x86, 0x04];
    text(&mut block, path);
    block.push(0x01);
    text(&mut block, "bailiff.test");
    block.extend([0x0f, 0x10]);
    text(&mut block, "application/grpc");
    block.push(0x00);
    text(&mut block, "te");
    text(&mut block, "trailers");
    frame(HEADERS, END_HEADERS, stream, &block)
}

/// Gives a stream up.
pub(crate) fn give_up(stream: u32) -> Vec<u8> {
    const CANCEL: u32 = 8;
    frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())
}

impl Frames {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(to).await.expect("a connection");
        let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        hello.extend(frame(SETTINGS, 0, 0, &[]));
        stream.write_all(&hello).await.expect("the preface is sent");
        Self(stream)
    }

    /// Sends bytes, as far as the peer takes them within the time; whether it took all.
    pub(crate) async fn send_within(&mut self, time: Duration, bytes: &[u8]) -> bool {
        matches!(timeout(time, self.0.write_all(bytes)).await, Ok(Ok(())))
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("the frames are sent");
    }

    /// The next frame; `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], stream, payload })
    }

    /// The next frame of a kind.
    pub(crate) async fn next_of(&mut self, kind: u8) -> Option<Frame> {
        let wanted = async {
            loop {
                match self.next().await {
                    Some(frame) if frame.kind == kind => return Some(frame),
                    Some(_) => {}
                    None => return None,
                }
            }
        };
        timeout(super::PATIENCE, wanted).await.expect("a frame in time")
    }
}
