//! The way to the world: proxies and certificate authorities beside the environment's.

use std::fmt;

use reqwest::{Client, Proxy, Url, redirect};

use super::{HttpError, HttpLimits};

/// Which proxy serves which address, beside what the environment says.
pub(crate) type ProxyRule = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

/// What a client of its own differs in from the environment's settings.
#[derive(Default)]
pub struct Route {
    /// Scheme and host → proxy; nothing asks the environment.
    pub proxy: Option<Box<ProxyRule>>,
    /// Certificate authorities to trust besides the system's, PEM.
    pub authorities: Vec<u8>,
    /// An https address never leads to an http one.
    pub stays_encrypted: bool,
    /// No redirect is followed; it is the answer. What is signed for one host is of no use to another.
    pub stays_there: bool,
}

/// So many redirects are followed, one after the other.
const MOST_REDIRECTS: usize = 8;

/// Where a redirect leads that is not followed.
#[derive(Debug, thiserror::Error)]
#[error("it leads to `{to}`")]
pub(super) struct RefusedRedirect {
    pub(super) to: String,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("proxy", &self.proxy.is_some())
            .field("stays_encrypted", &self.stays_encrypted)
            .finish_non_exhaustive()
    }
}

/// Decides about one redirect.
fn follow(attempt: redirect::Attempt<'_>, stays_encrypted: bool) -> redirect::Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("too many redirects");
    }
    let from = attempt.previous().last().map(Url::scheme);
    if is_followed(from, attempt.url().scheme(), stays_encrypted) {
        return attempt.follow();
    }
    let to = attempt.url().to_string();
    attempt.error(RefusedRedirect { to })
}

/// Whether a redirect may lead from one scheme to another.
fn is_followed(from: Option<&str>, to: &str, stays_encrypted: bool) -> bool {
    match to {
        "https" => true,
        "http" => !stays_encrypted || from != Some("https"),
        _ => false,
    }
}

/// The client for a way.
pub(super) fn client(limits: HttpLimits, route: Route) -> Result<Client, HttpError> {
    // Errs if one is installed already, by an earlier client: all the same to us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (stays_encrypted, stays_there) = (route.stays_encrypted, route.stays_there);
    let mut builder = Client::builder()
        .user_agent(concat!("pbs/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .redirect(redirect::Policy::custom(move |attempt| match stays_there {
            true => attempt.stop(),
            false => follow(attempt, stays_encrypted),
        }));
    if let Some(rule) = route.proxy {
        builder = builder.proxy(Proxy::custom(move |url| {
            rule(url.scheme(), url.host_str()?).and_then(|proxy| Url::parse(&proxy).ok())
        }));
    }
    let setup = |source: reqwest::Error| HttpError::Setup {
        source: source.into(),
    };
    if !route.authorities.is_empty() {
        let authorities = reqwest::Certificate::from_pem_bundle(&route.authorities).map_err(setup)?;
        builder = builder.tls_certs_merge(authorities);
    }
    builder.build().map_err(setup)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_stays_so_where_that_is_asked_for() {
        for (from, to, anywhere, encrypted) in [
            ("http", "https", true, true),
            ("https", "https", true, true),
            ("http", "http", true, true),
            ("https", "http", true, false),
            ("https", "ftp", false, false),
            ("http", "file", false, false),
        ] {
            assert_eq!(is_followed(Some(from), to, false), anywhere, "{from} {to}");
            assert_eq!(is_followed(Some(from), to, true), encrypted, "{from} {to}");
        }
    }
}
