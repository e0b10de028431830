//! Unix sockets. Their files: left behind by a process that died, held by one that lives, or no sockets at all.

use super::{ListenAddress, ListenError};
use std::{
    fs::{self, Metadata, Permissions},
    io::{self, ErrorKind},
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown},
            net,
        },
    },
    path::Path,
};
use tokio::net::{UnixListener, UnixStream};

/// Who may connect to a unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    /// The permissions of its file.
    pub mode: u32,
    /// The user and the group that its file is given to; each by number, where it changes.
    pub owner: (Option<u32>, Option<u32>),
}

impl SocketOptions {
    /// Owner and group may connect, and the file belongs to whoever Bailiff runs as.
    pub const STANDARD: Self = Self { mode: 0o660, owner: (None, None) };
}

/// Opens a socket that has a name and no file (unix(7), abstract). Nothing but the network namespace limits
/// who may connect.
pub(super) fn bind_abstract(
    name: &str,
    options: &SocketOptions,
) -> Result<UnixListener, ListenError> {
    let address = || ListenAddress::Abstract(name.into());
    if *options != SocketOptions::STANDARD {
        return Err(ListenError::NoFile { address: address() });
    }
    let open = || {
        let listener = net::UnixListener::bind_addr(&net::SocketAddr::from_abstract_name(name)?)?;
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener)
    };
    open().map_err(|cause| ListenError::Bind { address: address(), cause })
}

/// Opens a socket at `path`, in the place of one whose process is gone.
///
/// Until the mode is set the process's umask governs who may connect, and nothing is accepted yet.
pub(super) async fn bind(
    path: &Path,
    options: &SocketOptions,
) -> Result<(UnixListener, SocketFile), ListenError> {
    clear(path).await?;
    let open = || {
        let listener = UnixListener::bind(path)?;
        let file = SocketFile::of(path)?;
        let (user, group) = options.owner;
        if user.is_some() || group.is_some() {
            chown(path, user, group)?;
        }
        fs::set_permissions(path, Permissions::from_mode(options.mode))?;
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
