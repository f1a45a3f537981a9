//! Files into a bucket: whole if they are small, in parts if not.

use std::io::{self, Read};

use camino::Utf8Path;
use fs_err::File;

use super::super::DestinationError;
use super::destination::{S3, WRITE, failed, kind, media_type};
use crate::bucket::{Bucket, BucketError, Condition, Unfinished, Written};
use crate::model::{Digest, Hasher, TreePath};

/// The size of a part, and the most that is in memory of a file. A server takes 10,000 parts of 5 MiB or more
/// each: so this is enough for 80 GB.
const PART: usize = 8 << 20;

/// An upload that is given up unless it is completed.
struct Upload<'a> {
    quiet: &'a Bucket,
    upload: Unfinished,
    is_done: bool,
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        if !self.is_done
            && let Err(error) = self.quiet.abort(&self.upload)
        {
            // The next who publishes does it.
            tracing::debug!(%error, "an unfinished upload stays");
        }
    }
}

impl S3 {
    /// Puts a file where nothing is. It must have this digest when all of it was read: else nothing is there
    /// afterwards.
    pub(super) fn put_file(
        &self,
        path: &TreePath,
        from: &Utf8Path,
        digest: &Digest,
    ) -> Result<Written, DestinationError> {
        let read = |source| DestinationError::Io {
            doing: "read what is to be published",
            source,
        };
        let moving = || DestinationError::Moving {
            path: from.to_owned(),
        };
        let io = failed(WRITE);
        let (key, kind) = (self.key(path), kind(media_type(path), true));
        let mut file = File::open(from).map_err(read)?;
        let mut part = next(&mut file).map_err(read)?;
        if part.len() < PART {
            if Digest::of(&part) != *digest {
                return Err(moving());
            }
            return self.bucket.put(&key, part, kind, Condition::Absent).map_err(&io);
        }
        let mut upload = Upload {
            quiet: &self.quiet,
            upload: self.bucket.begin(&key, kind, digest).map_err(&io)?,
            is_done: false,
        };
        let (mut tags, mut hasher, mut done) = (Vec::new(), Hasher::new(), 0);
        while !part.is_empty() {
            hasher.update(&part);
            done += part.len() as u64;
            if done > digest.size {
                return Err(moving());
            }
            self.check()?;
            let number = tags.len() as u64 + 1;
            let tag = self.bucket.put_part(&upload.upload, number, part).map_err(&io)?;
            tags.push(tag);
            part = next(&mut file).map_err(read)?;
        }
        if hasher.finish() != *digest {
            return Err(moving());
        }
        self.check()?;
        let complete = |condition| self.bucket.complete(&upload.upload, &tags, condition);
        let written = match complete(Condition::Absent) {
            // There are servers that know conditions of all but this. Whoever keeps to the rules waits for us.
            Err(error) if is_unknown(&error) && self.bucket.head(&key).map_err(&io)?.is_none() => {
                complete(Condition::Always)
            }
            done => done,
        };
        let written = match written {
            // It was completed by a request whose answer did not come.
            Err(error) if error.code() == "NoSuchUpload" => Ok(Written::Refused),
            written => written.map_err(&io),
        }?;
        upload.is_done = matches!(written, Written::Done { .. });
        Ok(written)
    }
}

fn is_unknown(error: &BucketError) -> bool {
    error.status() == Some(501) || error.code() == "NotImplemented"
}

/// The next part; an empty one at the end.
fn next(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(PART);
    file.by_ref().take(PART as u64).read_to_end(&mut part)?;
    Ok(part)
}
