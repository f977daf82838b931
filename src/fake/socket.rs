//! A TCP connection that can be told to die: before the answer's first byte, or in the middle of its body.
//!
//! A vendor's load balancer does both. HTTP libraries offer no way to do it, so it is done one layer below them: the
//! handler arms the connection's [`Fuse`], the next write blows it.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The fuse is not armed.
const SAFE: usize = usize::MAX;

/// Bytes of the next answer's body that may still leave; the head always leaves whole unless none may.
#[derive(Clone, Debug)]
pub(super) struct Fuse(Arc<AtomicUsize>);

impl Fuse {
    fn new() -> Fuse {
        Fuse(Arc::new(AtomicUsize::new(SAFE)))
    }

    /// The connection closes before anything of the answer is written.
    pub(super) fn lose(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    /// The connection closes after the head and `bytes` (at least one) of the body.
    pub(super) fn cut(&self, bytes: usize) {
        self.0.store(bytes.max(1), Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Loopback>> for Fuse {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Fuse {
        stream.io().fuse.clone()
    }
}

/// A listener whose connections carry fuses.
pub(super) struct Loopback(pub(super) TcpListener);

impl Listener for Loopback {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Wire, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small and written whole: waiting for more to send only adds latency.
        let _ = stream.set_nodelay(true);
        (Wire { stream, fuse: Fuse::new(), head_sent: false, blown: false }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// One connection.
pub(super) struct Wire {
    stream: TcpStream,
    fuse: Fuse,
    head_sent: bool,
    blown: bool,
}

impl Wire {
    /// How many of `buffer`'s bytes may leave with `left` bytes of body, and how many of them are body.
    fn allowance(&self, buffer: &[u8], left: usize) -> (usize, usize) {
        let head = match buffer.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4) {
            _ if self.head_sent => 0,
            Some(end) => end,
            None => return (buffer.len(), 0),
        };
        let allowed = head.saturating_add(left).min(buffer.len());
        (allowed, allowed - head)
    }

    fn gone() -> io::Error {
        io::Error::new(io::ErrorKind::ConnectionReset, "the answer was cut on demand")
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let left = self.fuse.0.load(Ordering::SeqCst);
        if left == SAFE {
            return Pin::new(&mut self.stream).poll_write(cx, buf);
        }
        if left == 0 || self.blown {
            return Poll::Ready(Err(Wire::gone()));
        }
        let (allowed, of_body) = self.allowance(buf, left);
        let Some(part) = buf.get(..allowed).filter(|p| !p.is_empty()) else { return Poll::Ready(Err(Wire::gone())) };
        let written = match Pin::new(&mut self.stream).poll_write(cx, part) {
            Poll::Ready(Ok(written)) => written,
            other => return other,
        };
        let head = allowed - of_body;
        let body_written = written.saturating_sub(head);
        self.head_sent |= buf.get(..head).is_some_and(|h| h.ends_with(b"\r\n\r\n")) && written >= head;
        match left.checked_sub(body_written) {
            Some(left) if left > 0 => self.fuse.cut(left),
            _ => self.blown = true,
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
