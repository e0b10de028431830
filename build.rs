//! Turns the protos into Rust, and Bailiff's own into the descriptor set that reflection serves.
//! Pure Rust: no `protoc` is needed.

use prost::Message as _;
use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files([
        "bailiff/v1/authorization.proto",
        "bailiff/v1/events.proto",
        "bailiff/v1/operator.proto",
    ])?;
    let descriptors = compiler.file_descriptor_set();

    // Reflection serves the shapes, not the comments.
    let mut served = descriptors.clone();
    served.file.iter_mut().for_each(|file| file.source_code_info = None);
    fs::write(out.join("descriptors.bin"), served.encode_to_vec())?;

    tonic_prost_build::configure().btree_map(".").include_file("pb.rs").compile_fds(descriptors)?;

    let envoy = protox::compile(["envoy/ext_authz.proto"], ["proto"])?;
    // What is received is a part of the message that arrived; names of ours are in the program.
    let mut messages = tonic_prost_build::configure().build_client(false);
    for borrowed in ["Peer", "SocketAddress", "HttpRequest", "Entry", "HeaderLine", "Field.key"] {
        messages = messages.bytes(format!(".envoy.service.auth.v3.{borrowed}"));
    }
    messages.compile_fds(envoy)?;

    // What the example service and its tests speak. It is no part of what ships, and may be absent.
    println!("cargo:rerun-if-changed=examples/proto");
    if Path::new("examples/proto").is_dir() {
        let shop = protox::compile(["shop/v1/invoices.proto"], ["examples/proto"])?;
        tonic_prost_build::compile_fds(shop)?;
    }
    Ok(())
}
