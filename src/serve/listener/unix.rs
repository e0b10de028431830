//! Socket files: left behind by a process that died, held by one that lives, or no sockets at all.

use super::{ListenAddress, ListenError};
use std::{
    fs::{self, Metadata, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::Path,
};
use tokio::net::{UnixListener, UnixStream};

/// Opens a socket at `path`, in the place of one whose process is gone.
///
/// Until the mode is set the process's umask governs who may connect, and nothing is accepted yet.
pub(super) async fn bind(
    path: &Path,
    mode: u32,
) -> Result<(UnixListener, SocketFile), ListenError> {
    clear(path).await?;
    let open = || {
        let listener = UnixListener::bind(path)?;
        let file = SocketFile::of(path)?;
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        Ok((listener, file))
    };
    open().map_err(|cause| ListenError::Bind { address: ListenAddress::Unix(path.into()), cause })
}

/// Makes sure that nothing is at `path`, or removes the socket of a process that is gone.
async fn clear(path: &Path) -> Result<(), ListenError> {
    let unknown = |cause| ListenError::Unknown { path: path.into(), cause };
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unknown(error)),
    };
    if !found.file_type().is_socket() {
        return Err(ListenError::NotASocket { path: path.into() });
    }
    match UnixStream::connect(path).await {
        Ok(_) => Err(ListenError::InUse { path: path.into() }),
        // Nobody listens: the file is all that is left of a process.
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(unknown)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unknown(error)),
    }
}

/// The file of an open socket; removed when dropped, unless another process has put its own there.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: Box<Path>,
    identity: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.into(), identity: identity(&fs::symlink_metadata(path)?) })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours =
            fs::symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.identity);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the socket file stays behind");
        }
    }
}

/// Device and inode.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
