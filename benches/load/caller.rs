//! Who asks, at as little cost as can be: it shares the processors with the servers, and what it does with
//! a message is not what is measured. Requests are encoded once, and of an answer only the code is read.

use crate::Failure;
use bytes::{Buf as _, BufMut as _, Bytes};
use prost::Message;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::Channel,
};

const CHECK: PathAndQuery = PathAndQuery::from_static("/envoy.service.auth.v3.Authorization/Check");

/// Calls `Check`.
#[derive(Clone)]
pub(crate) struct Caller(Grpc<Channel>);

impl Caller {
    pub(crate) fn new(channel: Channel) -> Self {
        Self(Grpc::new(channel))
    }

    /// Asks, and fails unless the request is allowed.
    pub(crate) async fn ask(&mut self, request: Bytes) -> Result<(), Failure> {
        self.0.ready().await?;
        let answer = self.0.unary(Request::new(request), CHECK, Codes).await?.into_inner();
        match answer.status {
            Some(Code { code }) if code != 0 => Err("the request was denied".into()),
            _ => Ok(()),
        }
    }
}

/// Of `CheckResponse`, what says whether it is an allow. The bare server sends none.
#[derive(Message)]
struct Answer {
    #[prost(message, optional, tag = "1")]
    status: Option<Code>,
}

#[derive(Message)]
struct Code {
    #[prost(int32, tag = "1")]
    code: i32,
}

struct Codes;

impl Codec for Codes {
    type Encode = Bytes;
    type Decode = Answer;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Codes {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, request: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(request);
        Ok(())
    }
}

impl Decoder for Codes {
    type Item = Answer;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Answer>, Status> {
        let message = buffer.copy_to_bytes(buffer.remaining());
        Answer::decode(message).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
