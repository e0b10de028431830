//! Resident memory: idle, and with the identities of 100,000 tokens in the cache.

use crate::{
    Failure,
    caller::Caller,
    request::{check_request, token_of},
    servers::{POLICY, resident, start_bailiff},
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
    println!("idle:                  {:>7} kB resident", resident(&bailiff)?);
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
    println!("{TOKENS} tokens cached: {:>7} kB resident", resident(&bailiff)?);
    Ok(())
}
