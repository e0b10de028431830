use super::{ListenAddress, ListenAddressError, ListenError, Listener, SocketOptions};
use std::{
    error::Error as _,
    fs,
    os::{
        linux::net::SocketAddrExt as _,
        unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    },
    path::Path,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
};
use tokio_stream::StreamExt as _;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

async fn bind(path: &Path) -> Result<Listener, ListenError> {
    Listener::bind(&ListenAddress::Unix(path.into()), &SocketOptions::STANDARD).await
}

/// A socket file that a process leaves behind when it dies.
fn leave_behind(path: &Path) {
    drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    assert!(path.exists());
}

#[test]
fn addresses_are_read_and_written_alike() {
    for text in ["127.0.0.1:9191", "[::1]:9191", "0.0.0.0:0", "unix:/run/bailiff.sock"] {
        assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_address_is_refused_with_its_text() {
    for text in ["", "9191", ":9191", "localhost:9191", "127.0.0.1", "::1:9191", "/run/x.sock"] {
        let error = text.parse::<ListenAddress>().unwrap_err();
        assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        assert!(error.source().is_some());
    }
    assert_eq!("unix:".parse::<ListenAddress>(), Err(ListenAddressError::NoPath));
}

#[test]
fn loopback_and_unix_sockets_are_local() {
    for (text, local) in [
        ("127.0.0.1:1", true),
        ("[::1]:1", true),
        ("unix:/x", true),
        ("0.0.0.0:1", false),
        ("[::]:1", false),
        ("10.0.0.1:1", false),
    ] {
        assert_eq!(text.parse::<ListenAddress>().unwrap().is_local(), local, "{text}");
    }
}

#[tokio::test]
async fn port_0_becomes_the_port_that_the_system_chose() {
    let address = "127.0.0.1:0".parse().unwrap();
    let mut listener = Listener::bind(&address, &SocketOptions::STANDARD).await.unwrap();
    let ListenAddress::Tcp(bound) = *listener.address() else { panic!("TCP stays TCP") };
    assert_ne!(bound.port(), 0);
    let (client, served) = tokio::join!(TcpStream::connect(bound), listener.next());
    client.unwrap().write_all(b"ping").await.unwrap();
    let mut text = [0; 4];
    served.unwrap().unwrap().read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"ping");
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let address = "127.0.0.1:0".parse().unwrap();
    let first = Listener::bind(&address, &SocketOptions::STANDARD).await.unwrap();
    let error = Listener::bind(first.address(), &SocketOptions::STANDARD).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on `{}`", first.address()));
}

#[tokio::test]
async fn a_unix_socket_serves_has_its_mode_and_goes_with_its_listener() {
    let folder = folder();
    let path = folder.path().join("door.sock");
    let mut listener = bind(&path).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let (client, served) = tokio::join!(UnixStream::connect(&path), listener.next());
    served.unwrap().unwrap().write_all(b"pong").await.unwrap();
    let mut text = [0; 4];
    client.unwrap().read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"pong");
    drop(listener);
    assert!(!path.exists());

    let address = ListenAddress::Unix(path.clone());
    let _listener =
        Listener::bind(&address, &SocketOptions { mode: 0o600, ..SocketOptions::STANDARD })
            .await
            .unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_socket_of_a_dead_process_is_replaced() {
    let folder = folder();
    let path = folder.path().join("door.sock");
    leave_behind(&path);
    let _listener = bind(&path).await.unwrap();
    UnixStream::connect(&path).await.unwrap();
}

#[tokio::test]
async fn the_socket_of_a_living_process_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("door.sock");
    let _living = bind(&path).await.unwrap();
    let error = bind(&path).await.unwrap_err();
    assert!(matches!(error, ListenError::InUse { .. }), "{error}");
    assert_eq!(error.to_string(), format!("another process is listening on `{}`", path.display()));
    UnixStream::connect(&path).await.unwrap();
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let link = folder.path().join("link");
    leave_behind(&folder.path().join("stale.sock"));
    symlink(folder.path().join("stale.sock"), &link).unwrap();
    for path in [&file, &link, folder.path()] {
        let error = bind(path).await.unwrap_err();
        assert!(matches!(error, ListenError::NotASocket { .. }), "{error}");
        assert!(path.exists());
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() {
    let folder = folder();
    let error = bind(&folder.path().join("no/door.sock")).await.unwrap_err();
    assert!(matches!(error, ListenError::Bind { .. }), "{error}");
}

#[tokio::test]
async fn a_successors_socket_is_not_removed() {
    let folder = folder();
    let path = folder.path().join("door.sock");
    let old = bind(&path).await.unwrap();
    fs::remove_file(&path).unwrap();
    let _new = bind(&path).await.unwrap();
    drop(old);
    UnixStream::connect(&path).await.unwrap();
}

#[tokio::test]
async fn a_socket_without_a_file_serves_and_is_taken_by_one_alone() {
    let name = format!("bailiff-unit-test-{}", std::process::id());
    let address: ListenAddress = format!("unix:@{name}").parse().unwrap();
    assert_eq!(address.to_string(), format!("unix:@{name}"));
    let mut listener = Listener::bind(&address, &SocketOptions::STANDARD).await.unwrap();
    let taken = Listener::bind(&address, &SocketOptions::STANDARD).await.unwrap_err();
    assert_eq!(taken.to_string(), format!("cannot listen on `{address}`"));
    let there = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let client = std::os::unix::net::UnixStream::connect_addr(&there).unwrap();
    assert!(listener.next().await.unwrap().is_ok());
    drop((client, listener));
    let options = SocketOptions { mode: 0o600, ..SocketOptions::STANDARD };
    let refused = Listener::bind(&address, &options).await.unwrap_err();
    assert!(matches!(refused, ListenError::NoFile { .. }), "{refused}");
    // The name is free again as soon as nobody listens.
    assert!(Listener::bind(&address, &SocketOptions::STANDARD).await.is_ok());
}

#[tokio::test]
async fn a_socket_file_is_given_to_its_owner_or_not_opened_at_all() {
    let folder = folder();
    let path = folder.path().join("socket");
    let address = ListenAddress::Unix(path.clone());
    let (user, group) = {
        let own = fs::metadata(folder.path()).unwrap();
        (own.uid(), own.gid())
    };
    let options = SocketOptions { mode: 0o600, owner: (Some(user), Some(group)) };
    let listener = Listener::bind(&address, &options).await.unwrap();
    let file = fs::metadata(&path).unwrap();
    assert_eq!((file.uid(), file.gid(), file.mode() & 0o777), (user, group, 0o600));
    drop(listener);
    // Only root may give files away.
    let options = SocketOptions { owner: (Some(user + 1), None), ..SocketOptions::STANDARD };
    match Listener::bind(&address, &options).await {
        Ok(_listener) => assert_eq!(fs::metadata(&path).unwrap().uid(), user + 1),
        Err(error) => {
            assert!(matches!(error, ListenError::Bind { .. }), "{error}");
            assert!(!path.exists(), "the file does not stay behind");
        }
    }
}
