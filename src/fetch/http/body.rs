//! The body of a response as a plain reader.

use std::io::{self, Read};

use tokio::sync::mpsc;

use super::HttpError;

/// A part of a body, as it came.
pub(super) type Piece = tokio_util::bytes::Bytes;
/// Where a transfer puts what comes.
pub(super) type Sender = mpsc::Sender<Result<Piece, HttpError>>;

/// The body of a response, read while it comes. Dropping it ends the transfer.
#[derive(Debug)]
pub struct Body {
    receiver: mpsc::Receiver<Result<Piece, HttpError>>,
    piece: Piece,
    failure: Option<HttpError>,
}

impl Body {
    pub(super) fn new(receiver: mpsc::Receiver<Result<Piece, HttpError>>) -> Self {
        Self {
            receiver,
            piece: Piece::new(),
            failure: None,
        }
    }

    /// Reads it to its end.
    pub fn whole(mut self) -> Result<Vec<u8>, HttpError> {
        let mut bytes = Vec::new();
        match self.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self
                .failure()
                .unwrap_or_else(|| HttpError::Setup { source: error.into() })),
        }
    }

    /// Why reading failed.
    pub fn failure(&mut self) -> Option<HttpError> {
        self.failure.take()
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => {
                    let text = error.to_string();
                    self.failure = Some(error);
                    return Err(io::Error::other(text));
                }
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.piece.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
