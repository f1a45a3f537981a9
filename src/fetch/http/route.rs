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
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

/// The client for a way.
pub(super) fn client(limits: HttpLimits, route: Route) -> Result<Client, HttpError> {
    // Errs if one is installed already, by an earlier client: all the same to us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("pbs/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .redirect(redirect::Policy::limited(8));
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
