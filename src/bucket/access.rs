//! Who asks, and whom: credentials, region and endpoint as the AWS tools find them.

use camino::{Utf8Path, Utf8PathBuf};

use super::BucketError;
use super::profile::Profile;
use crate::model::Secret;

/// The profile where none is named.
const USUAL_PROFILE: &str = "default";
/// What an S3-compatible server that knows no regions takes, and AWS's first.
const USUAL_REGION: &str = "us-east-1";

/// What the surroundings say, each as the variable of that name has it. The command line reads them.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `AWS_ACCESS_KEY_ID`.
    pub key_id: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_key: Option<Secret>,
    /// `AWS_SESSION_TOKEN`, of credentials that expire.
    pub session_token: Option<Secret>,
    /// `AWS_REGION`, or else `AWS_DEFAULT_REGION`.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL_S3`, or else `AWS_ENDPOINT_URL`.
    pub endpoint: Option<String>,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
    /// `AWS_SHARED_CREDENTIALS_FILE`, or else `~/.aws/credentials`.
    pub credentials_file: Option<Utf8PathBuf>,
    /// `AWS_CONFIG_FILE`, or else `~/.aws/config`.
    pub config_file: Option<Utf8PathBuf>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) key_id: String,
    pub(super) secret_key: Secret,
    pub(super) session_token: Option<Secret>,
}

/// How buckets are reached.
#[derive(Clone, Debug)]
pub struct Access {
    /// Nothing where only what is public is asked for.
    pub(super) credentials: Option<Credentials>,
    pub(super) region: String,
    /// AWS's own, if there is none.
    pub(super) endpoint: Option<String>,
}

impl Access {
    /// Puts together what variables and files say. A file is read only for what no variable says.
    pub fn find(given: &Given) -> Result<Self, BucketError> {
        let name = given.profile.as_deref().unwrap_or(USUAL_PROFILE);
        let config_text = read(given.config_file.as_deref())?;
        let config = Profile::find(&config_text, name);
        let credentials = match (&given.key_id, &given.secret_key) {
            (Some(key_id), Some(secret_key)) => Some(Credentials {
                key_id: key_id.clone(),
                secret_key: secret_key.clone(),
                session_token: given.session_token.clone(),
            }),
            (Some(_), None) => return Err(half("AWS_SECRET_ACCESS_KEY")),
            (None, Some(_)) => return Err(half("AWS_ACCESS_KEY_ID")),
            (None, None) => {
                let text = read(given.credentials_file.as_deref())?;
                let profile = Profile::find(&text, name);
                if given.profile.is_some() && profile.is_none() && config.is_none() {
                    return Err(BucketError::NoProfile {
                        name: name.to_owned(),
                    });
                }
                profile
                    .and_then(of_profile)
                    .or_else(|| config.and_then(of_profile))
            }
        };
        let said = |key: &str| config.and_then(|config| config.get(key)).map(str::to_owned);
        Ok(Self {
            credentials,
            region: given
                .region
                .clone()
                .or_else(|| said("region"))
                .unwrap_or_else(|| USUAL_REGION.to_owned()),
            endpoint: given.endpoint.clone().or_else(|| said("endpoint_url")),
        })
    }

    /// The same, and an error where nobody is said to ask.
    pub fn find_signed(given: &Given) -> Result<Self, BucketError> {
        let access = Self::find(given)?;
        match access.credentials {
            Some(_) => Ok(access),
            None => Err(BucketError::NoCredentials),
        }
    }
}

fn half(missing: &'static str) -> BucketError {
    BucketError::HalfCredentials { missing }
}

fn of_profile(profile: Profile<'_>) -> Option<Credentials> {
    let secret = |key: &str| profile.get(key).map(|text| Secret::new(text.to_owned()));
    Some(Credentials {
        key_id: profile.get("aws_access_key_id")?.to_owned(),
        secret_key: secret("aws_secret_access_key")?,
        session_token: secret("aws_session_token"),
    })
}

/// What is in a file; nothing where it is not there.
fn read(path: Option<&Utf8Path>) -> Result<String, BucketError> {
    let Some(path) = path else {
        return Ok(String::new());
    };
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(BucketError::Profile { source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(dir: &tempfile::TempDir) -> Given {
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let (credentials, config) = (dir.join("credentials"), dir.join("config"));
        let text = "[default]\naws_access_key_id=AKDEFAULT\naws_secret_access_key=s1\n\
                    [ci]\naws_access_key_id=AKCI\naws_secret_access_key=s2\naws_session_token=t2\n";
        fs_err::write(&credentials, text).unwrap();
        let text = "[profile ci]\nregion = eu-north-1\nendpoint_url = https://s3.example.org\n";
        fs_err::write(&config, text).unwrap();
        Given {
            credentials_file: Some(credentials),
            config_file: Some(config),
            ..Given::default()
        }
    }

    #[test]
    fn variables_come_before_files() {
        let dir = tempfile::tempdir().unwrap();
        let files = given(&dir);
        let access = Access::find(&files).unwrap();
        assert_eq!(access.credentials.unwrap().key_id, "AKDEFAULT");
        assert_eq!((access.region.as_str(), access.endpoint), (USUAL_REGION, None));
        let ci = Given {
            profile: Some("ci".to_owned()),
            ..files
        };
        let access = Access::find(&ci).unwrap();
        let credentials = access.credentials.unwrap();
        assert_eq!(credentials.key_id, "AKCI");
        assert_eq!(credentials.session_token, Some(Secret::new("t2".to_owned())));
        assert_eq!(access.region, "eu-north-1");
        assert_eq!(access.endpoint.as_deref(), Some("https://s3.example.org"));
        let both = Given {
            key_id: Some("AKVAR".to_owned()),
            secret_key: Some(Secret::new("s3".to_owned())),
            region: Some("auto".to_owned()),
            ..ci
        };
        let access = Access::find(&both).unwrap();
        let credentials = access.credentials.unwrap();
        assert_eq!(
            (credentials.key_id.as_str(), credentials.session_token),
            ("AKVAR", None)
        );
        assert_eq!(access.region, "auto");
    }

    #[test]
    fn what_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let none = Given::default();
        assert!(Access::find(&none).unwrap().credentials.is_none());
        assert!(matches!(
            Access::find_signed(&none),
            Err(BucketError::NoCredentials)
        ));
        let half = Given {
            key_id: Some("AK".to_owned()),
            ..Given::default()
        };
        let error = Access::find(&half).unwrap_err();
        assert!(error.to_string().contains("AWS_SECRET_ACCESS_KEY"), "{error}");
        let stranger = Given {
            profile: Some("nobody".to_owned()),
            ..given(&dir)
        };
        let error = Access::find(&stranger).unwrap_err();
        assert!(error.to_string().contains("`nobody`"), "{error}");
    }
}
