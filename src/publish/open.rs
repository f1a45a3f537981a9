//! Which kind of place a person means.

use std::fmt;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;

use super::s3::{Pace, S3};
use super::{Destination, Directory, Lease, Oci, PublishError};
use crate::bucket::{BucketAddress, Given};
use crate::fetch::{Again, Http, HttpLimits, Route};
use crate::registry::{Access, Client, Repository};

/// What a place is opened with.
pub struct Surroundings<'a> {
    /// Where relative paths begin.
    pub here: &'a Utf8Path,
    /// How buckets are reached.
    pub buckets: &'a Given,
    /// Time-outs and retries of what is on the network.
    pub limits: HttpLimits,
    /// Ends everything.
    pub cancelled: CancellationToken,
    /// Told why something is tried again.
    pub notice: Again,
    /// Certificate authorities to trust besides the system's, PEM.
    pub authorities: Vec<u8>,
    /// Credentials for registries.
    pub registries: Access,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings")
            .field("here", &self.here)
            .field("buckets", &self.buckets)
            .field("registries", &self.registries)
            .finish_non_exhaustive()
    }
}

/// Opens what `--to` names: an address with a scheme, or a directory.
pub fn open(text: &str, around: &Surroundings<'_>) -> Result<Box<dyn Destination>, PublishError> {
    let at = |place: &dyn fmt::Display| {
        let place = place.to_string();
        move |source| PublishError::Destination { place, source }
    };
    match text.split_once("://") {
        None => {
            let place = around.here.join(text);
            Ok(Box::new(Directory::open(&place).map_err(at(&place))?))
        }
        Some(("s3", rest)) => {
            let address = BucketAddress::parse(rest)?;
            let place = S3::open(&address, around, Pace::default());
            Ok(Box::new(place.map_err(at(&address))?))
        }
        Some((scheme, _)) if Repository::is_scheme(scheme) => Ok(Box::new(registry(text, around)?)),
        Some((scheme, _)) => Err(PublishError::Scheme {
            scheme: scheme.to_owned(),
        }),
    }
}

fn registry(text: &str, around: &Surroundings<'_>) -> Result<Oci, PublishError> {
    let repository = Repository::parse(text)?;
    let client = |cancelled| {
        let route = Route {
            authorities: around.authorities.clone(),
            stays_encrypted: true,
            ..Route::default()
        };
        let http = Http::by(around.limits, cancelled, route)?;
        let (repository, access) = (repository.clone(), around.registries.clone());
        Ok::<_, PublishError>(Client::new(http, repository, access, around.notice.clone()))
    };
    // The right to publish is given back also when a person interrupts.
    let keeper = client(CancellationToken::new())?;
    Ok(Oci::new(
        client(around.cancelled.clone())?,
        keeper,
        Lease::default(),
    ))
}
