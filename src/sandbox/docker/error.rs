//! What can go wrong between us and a daemon: one variant for each of its calls.

use std::io;

use bollard::errors::Error as ApiError;

/// Why a call of a container engine failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DockerError {
    /// Looking for an image.
    #[error("look for the image `{image}`")]
    InspectImage {
        /// Its name.
        image: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Importing a root as an image.
    #[error("import the root as the image `{image}`")]
    ImportImage {
        /// Its name.
        image: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Reading a root to import it.
    #[error("read the root for the image `{image}`")]
    ReadRoot {
        /// The image's name.
        image: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// Making a container.
    #[error("make a container of the image `{image}`")]
    CreateContainer {
        /// The image's name.
        image: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Listening to a container.
    #[error("attach to the container `{container}`")]
    AttachContainer {
        /// Its id.
        container: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Starting a container.
    #[error("start the container `{container}`")]
    StartContainer {
        /// Its id.
        container: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Reading what a container prints.
    #[error("read the output of the container `{container}`")]
    ReadOutput {
        /// Its id.
        container: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Waiting for a container's end.
    #[error("wait for the container `{container}`")]
    WaitContainer {
        /// Its id.
        container: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Asking how a container ended.
    #[error("ask how the container `{container}` ended")]
    InspectContainer {
        /// Its id.
        container: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Copying the output tree.
    #[error("copy `/out` of the container `{container}`")]
    CopyOutput {
        /// Its id.
        container: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// Removing a container.
    #[error("remove the container `{container}`")]
    RemoveContainer {
        /// Its id.
        container: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Looking for containers that a driver left behind.
    #[error("list the containers that pbs left behind")]
    ListContainers {
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Looking for the images of roots.
    #[error("list the images of worker roots")]
    ListImages {
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Removing the image of a root that is gone.
    #[error("remove the image `{image}`")]
    RemoveImage {
        /// Its name.
        image: String,
        /// What the engine says.
        #[source]
        source: ApiError,
    },
    /// Starting the process that removes our containers should we be killed.
    #[error("start the container reaper `{helper}`")]
    StartReaper {
        /// The program.
        helper: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
}
