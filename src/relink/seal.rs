//! What is written of an executable for macOS after the link.

use camino::Utf8Path;

use super::RelinkError;
use super::kind::Place;
use crate::link::{LinkPlan, Signer, Unsigned, set_stack, sign_ad_hoc};

impl Place<'_> {
    /// Gives an executable its stack, and signs it in the name that was asked for, or in the output's.
    pub(super) fn seal(&self, plan: &LinkPlan, linked: &Utf8Path) -> Result<(), RelinkError> {
        let output = self.request.output;
        let failed = |source| RelinkError::Sign {
            path: output.to_owned(),
            source,
        };
        let mut file = fs_err::read(linked).map_err(|source| self.failed(source))?;
        if let Some(stack) = plan.deployment.as_ref().and_then(|deployment| deployment.stack) {
            set_stack(&mut file, stack).map_err(failed)?;
        }
        let named = self.request.macos.identifier.as_deref();
        let identifier = named.or(output.file_name()).unwrap_or_default();
        let signed = match &self.request.macos.certificate {
            None => sign_ad_hoc(file, identifier).map_err(failed)?,
            Some(certificate) => {
                let refused = |source| RelinkError::Certificate {
                    path: output.to_owned(),
                    source,
                };
                let size = certificate.sign(&[]).map_err(refused)?.len() as u32;
                let team = certificate.team.as_deref();
                let signer = Signer::Owner { team, size };
                let unsigned = Unsigned::prepare(file, identifier, signer).map_err(failed)?;
                let signature = certificate.sign(unsigned.directory()).map_err(refused)?;
                unsigned.finish(&signature)
            }
        };
        fs_err::write(linked, signed).map_err(|source| self.failed(source))
    }
}
