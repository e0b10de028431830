//! Resident memory: idle, and with the identities of 100,000 tokens in the cache.

use crate::{
    Failure,
    caller::Caller,
    request::{check_request, token_of},
    servers::{POLICY, Running, resident, resident_beside_files, start_bailiff},
    traffic::connect,
};
use bailiff::stand_in::keys::SigningKey;
use std::{sync::Arc, time::Duration};

const TOKENS: usize = 100_000;
const SENDERS: usize = 16;

pub(crate) async fn measure() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let key = Arc::new(SigningKey::generate("ins_load")?);
    let (bailiff, _) = start_bailiff(folder.path(), &key.public_pem(), POLICY)?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    print("idle", &bailiff)?;
    let channel = connect(&bailiff, true).await?;
    let mut senders = Vec::new();
    for sender in 0..SENDERS {
        let (key, mut caller) = (Arc::clone(&key), Caller::new(channel.clone()));
        senders.push(tokio::spawn(async move {
            for number in (sender..TOKENS).step_by(SENDERS) {
                let request = check_request(&token_of(&key, &format!("sess_{number}")));
                caller.ask(request).await?;
            }
            Ok::<_, Failure>(())
        }));
    }
    for sender in senders {
        sender.await??;
    }
    print(&format!("{TOKENS} tokens cached"), &bailiff)
}

fn print(when: &str, bailiff: &Running) -> Result<(), Failure> {
    let (all, beside_files) = (resident(bailiff)?, resident_beside_files(bailiff)?);
    println!("{when:22} {all:>7} kB resident, {beside_files:>7} kB of it not of files");
    Ok(())
}
