//! Services that subscribe to Clerk's events: the RPC itself, and the examples that keep a table of
//! users in step.

use crate::support::{
    PATIENCE, grpc,
    process::Process,
    redis::{Redis, program},
    sidecar::{self, Sidecar},
    tokens::Instance,
    toolchain::{self, Missing, prepared, repository, required, run, tools},
    webhooks::{SECRET, Svix, event},
};
use bailiff::pb::v1::{
    SubscribeRequest, SubscribeResponse, event_service_client::EventServiceClient,
};
use serde_json::{Value, json};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;
use tonic::{Code, Status, Streaming};

const POLICY: &str = "version: 1\nroutes:\n  /private: signed_in\n";

async fn start(redis: Option<&str>) -> Sidecar {
    let directory = TempDir::new().expect("as the test arranges it");
    let instance = Instance::new();
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    fs::write(directory.path().join("webhook"), SECRET).expect("as the test arranges it");
    settings["instances"][0]["webhook_signing_secret_files"] = json!(["webhook"]);
    settings["listeners"]["webhook"] = json!("127.0.0.1:0");
    settings["events"] = json!("on");
    if let Some(url) = redis {
        fs::write(directory.path().join("redis"), url).expect("as the test arranges it");
        settings["revocation"] = json!({ "redis": { "url_file": "redis" } });
    }
    Sidecar::start_in(directory, POLICY, &settings).await
}

async fn subscribe(
    sidecar: &Sidecar,
    request: SubscribeRequest,
) -> Result<Streaming<SubscribeResponse>, Status> {
    let mut client = EventServiceClient::new(grpc::channel(sidecar.grpc()).await);
    client.subscribe(request).await.map(tonic::Response::into_inner)
}

/// The next event, past signs of life: its cursor and its id.
async fn next(stream: &mut Streaming<SubscribeResponse>) -> Result<(String, String), Status> {
    let next = async {
        loop {
            let response = stream.message().await?.expect("the stream goes on");
            if let Some(event) = response.event {
                return Ok((response.cursor, event.id));
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("an event in time")
}

async fn send(svix: &mut Svix, sidecar: &Sidecar, id: &str, kind: &str, data: &Value) {
    let message = svix.sign(id, &event(kind, data));
    assert_eq!(message.send(sidecar.webhook()).await.0, 200, "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_hear_what_they_asked_for_and_resume_by_cursor() {
    let Some(mut svix) = required(Svix::start()) else { return };
    let sidecar = start(None).await;
    let users = || SubscribeRequest { types: vec!["user.*".into()], ..Default::default() };
    let mut fresh = subscribe(&sidecar, users()).await.expect("a stream");
    // The first sign of life says where the subscription begins.
    let begins = fresh.message().await.expect("a response").expect("one").cursor;
    send(&mut svix, &sidecar, "msg_1", "session.ended", &json!({ "id": "sess_1" })).await;
    send(&mut svix, &sidecar, "msg_2", "user.created", &json!({ "id": "user_1" })).await;
    send(&mut svix, &sidecar, "msg_3", "user.updated", &json!({ "id": "user_1" })).await;
    let (cursor, id) = next(&mut fresh).await.expect("an event");
    assert_eq!(id, "msg_2");
    let mut resumed =
        subscribe(&sidecar, SubscribeRequest { after: cursor, ..users() }).await.expect("a stream");
    assert_eq!(next(&mut resumed).await.expect("an event").1, "msg_3");
    let after = SubscribeRequest { after: begins, ..Default::default() };
    let mut all = subscribe(&sidecar, after).await.expect("a stream");
    assert_eq!(next(&mut all).await.expect("an event").1, "msg_1");
    // A type that nobody sends brings nothing, and is no error.
    let strange = SubscribeRequest { types: vec!["nobody.*".into()], ..Default::default() };
    let mut silent = subscribe(&sidecar, strange).await.expect("a stream");
    assert_eq!(silent.message().await.expect("a response").expect("one").event, None);
    // All are told when the process ends, whether they read or not.
    sidecar.signal("TERM");
    for stream in [&mut fresh, &mut all, &mut resumed] {
        let status = loop {
            match next(stream).await {
                Ok(_) => {}
                Err(status) => break status,
            }
        };
        assert_eq!(status.code(), Code::Unavailable, "{status}");
    }
    assert_eq!(sidecar.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_served_is_refused_with_its_reason() {
    let sidecar = start(None).await;
    let after = |cursor: &str| SubscribeRequest { after: cursor.into(), ..Default::default() };
    let types = |name: &str| SubscribeRequest { types: vec![name.into()], ..Default::default() };
    for (request, code, said) in [
        (after("1700000000000-0"), Code::OutOfRange, "not kept any more"),
        (after("99999999999999-0"), Code::OutOfRange, "in the future"),
        (after("yesterday"), Code::InvalidArgument, "a cursor is two whole numbers"),
        (
            SubscribeRequest { from_start: true, ..after("1700000000000-0") },
            Code::InvalidArgument,
            "together with",
        ),
        (types("user.*.*"), Code::InvalidArgument, "types[0]"),
        (types("user updated"), Code::InvalidArgument, "types[0]"),
        (types(""), Code::InvalidArgument, "types[0]"),
        (
            SubscribeRequest { instance: "other".into(), ..Default::default() },
            Code::NotFound,
            "no Clerk instance `other`",
        ),
    ] {
        let refused = subscribe(&sidecar, request).await.expect_err("it is refused");
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(said), "{refused}");
    }
    // So many at once, and no more; a place is free again when its subscriber goes.
    let mut streams = Vec::new();
    for _ in 0..64 {
        let stream = subscribe(&sidecar, SubscribeRequest::default()).await;
        streams.push(stream.expect("there is room"));
    }
    let refused = subscribe(&sidecar, SubscribeRequest::default()).await.expect_err("it is full");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    streams.clear();
    let freed = async {
        while subscribe(&sidecar, SubscribeRequest::default()).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, freed).await.expect("places are free again");
}

// === the examples ===

/// An example that keeps a table, ready to run.
struct Example {
    program: PathBuf,
    arguments: Vec<&'static str>,
    folder: PathBuf,
}

impl Example {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder);
        command
    }

    fn follow(&self, sidecar: &Sidecar, table: &TempDir) -> Process {
        let mut command = self.command();
        command.arg(table.path().join("users.db"));
        command.env("BAILIFF_ADDRESS", sidecar.grpc().to_string());
        Process::start("user table", &mut command)
    }

    fn list(&self, table: &TempDir) -> Value {
        let output = self.command().arg("--list").arg(table.path().join("users.db")).output();
        let output = output.expect("the example starts");
        let told = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
    }
}

/// Lays an example's files out beside the proto, as in the repository, and builds it there.
fn laid_out(
    name: &str,
    files: &[&str],
    build: impl FnOnce(&Path) -> Result<(), Missing>,
) -> Result<PathBuf, Missing> {
    let source = repository().join("examples").join(name);
    let proto = repository().join("proto/bailiff/v1/events.proto");
    let mut state = fs::read_to_string(&proto)?;
    for file in files {
        state.push_str(&fs::read_to_string(source.join(file))?);
    }
    let home = format!("user-table-{name}");
    prepared(&format!("{home}/examples/{name}"), &state, |folder| {
        let protos = tools().join(home).join("proto/bailiff/v1");
        fs::create_dir_all(&protos)?;
        fs::create_dir_all(folder)?;
        fs::copy(&proto, protos.join("events.proto"))?;
        for file in files {
            fs::copy(source.join(file), folder.join(file))?;
        }
        build(folder)
    })
}

fn python() -> Result<Example, Missing> {
    let python = toolchain::python_with_grpc()?;
    let folder = laid_out("python", &["user_table.py"], |folder| {
        run(Command::new(&python)
            .args(["-m", "grpc_tools.protoc", "-I", "../../proto"])
            .args(["--python_out=.", "--grpc_python_out=.", "bailiff/v1/events.proto"])
            .current_dir(folder))
    })?;
    Ok(Example { program: python, arguments: vec!["user_table.py"], folder })
}

fn go() -> Result<Example, Missing> {
    run(Command::new("go").arg("version"))?;
    let python = toolchain::python_with_grpc()?;
    let files = ["generate.go", "go.mod", "go.sum", "main.go"];
    let folder = laid_out("go-user-table", &files, |folder| {
        // The compiler for protos comes with the Python library; the plugins with the Go module.
        let programs = folder.join("bin");
        let protoc = programs.join("protoc");
        fs::create_dir_all(&programs)?;
        fs::create_dir_all(folder.join("bailiff"))?;
        let script =
            format!("#!/bin/sh\nexec '{}' -m grpc_tools.protoc \"$@\"\n", python.display());
        fs::write(&protoc, script)?;
        toolchain::make_executable(&protoc)?;
        let inherited = env::var_os("PATH").unwrap_or_default();
        let path = [programs.clone()].into_iter().chain(env::split_paths(&inherited));
        let path = env::join_paths(path).map_err(std::io::Error::other)?;
        for arguments in [&["generate"][..], &["build", "-o", "client", "."]] {
            run(Command::new("go")
                .args(arguments)
                .current_dir(folder)
                .env("PATH", &path)
                .env("GOBIN", &programs)
                .env("GOTOOLCHAIN", "local"))?;
        }
        Ok(())
    })?;
    Ok(Example { program: folder.join("client"), arguments: Vec::new(), folder })
}

async fn told(example: &Process, id: &str) {
    example.line(|line| line.starts_with(&format!("{id} ")).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_keeps_a_table_of_users_in_step() {
    stays_in_step(required(python())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn go_keeps_a_table_of_users_in_step() {
    stays_in_step(required(go())).await;
}

/// Whatever is killed meanwhile, the table ends up as Clerk's.
async fn stays_in_step(example: Option<Example>) {
    let (Some(example), Some(program), Some(mut svix)) =
        (example, required(program()), required(Svix::start()))
    else {
        return;
    };
    let redis = Redis::start(&program, &[]).await;
    let url = redis.url();
    let table = TempDir::new().expect("as the test arranges it");
    let user =
        |id: &str, name: &str, at: u64| json!({ "id": id, "first_name": name, "updated_at": at });
    let sidecar = start(Some(&url)).await;
    send(&mut svix, &sidecar, "msg_1", "user.created", &user("user_ada", "Ada", 1)).await;
    let running = example.follow(&sidecar, &table);
    told(&running, "msg_1").await;
    send(&mut svix, &sidecar, "msg_2", "user.created", &user("user_bob", "Bob", 1)).await;
    send(&mut svix, &sidecar, "msg_3", "user.updated", &user("user_ada", "Ada L", 3)).await;
    // Late and out of order: older than what is known.
    send(&mut svix, &sidecar, "msg_4", "user.updated", &user("user_ada", "Old", 2)).await;
    told(&running, "msg_4").await;

    // The example is killed; it misses nothing.
    drop(running);
    assert_eq!(example.list(&table), json!({ "user_ada": "Ada L", "user_bob": "Bob" }));
    send(&mut svix, &sidecar, "msg_5", "user.deleted", &json!({ "id": "user_bob" })).await;
    send(&mut svix, &sidecar, "msg_5", "user.deleted", &json!({ "id": "user_bob" })).await;
    send(&mut svix, &sidecar, "msg_6", "user.updated", &user("user_bob", "Back", 9)).await;
    send(&mut svix, &sidecar, "msg_7", "user.created", &user("user_cyd", "Cyd", 1)).await;
    let running = example.follow(&sidecar, &table);
    told(&running, "msg_7").await;
    let heard = running.log();
    assert_eq!(heard.matches("msg_5 ").count(), 1, "{heard}");
    assert_eq!(heard.matches("msg_1 ").count(), 0, "{heard}");
    drop(running);
    assert_eq!(example.list(&table), json!({ "user_ada": "Ada L", "user_cyd": "Cyd" }));

    // The sidecar is killed; another one knows the log, and the cursor counts there too.
    drop(sidecar);
    let sidecar = start(Some(&url)).await;
    send(&mut svix, &sidecar, "msg_8", "user.updated", &user("user_cyd", "Cyd L", 5)).await;
    let running = example.follow(&sidecar, &table);
    told(&running, "msg_8").await;
    assert_eq!(running.log().matches("msg_7 ").count(), 0);
    drop(running);
    assert_eq!(example.list(&table), json!({ "user_ada": "Ada L", "user_cyd": "Cyd L" }));

    // A sidecar that does not hold what was missed says so.
    let alone = start(None).await;
    let running = example.follow(&alone, &table);
    assert_eq!(running.exit_code().await, Some(3));
}
