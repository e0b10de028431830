//! A service that has Bailiff guard its HTTP route and its gRPC method, by the layer that comes with it.
//!
//! `BAILIFF_ADDRESS=127.0.0.1:9191 cargo run --example service`

use axum::{Extension, Json, Router, extract::Path, http::HeaderMap, routing::get};
use bailiff::client::{AuthorizeLayer, Connection, Identity};
use serde_json::{Value, json};
use shop::invoice_service_server::{InvoiceService, InvoiceServiceServer};
use std::{env, error::Error};
use tonic::{Request, Response, Status, async_trait, transport::Server};

mod shop;

async fn get_invoice(
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    Extension(caller): Extension<Identity>,
) -> Json<Value> {
    // Only what Bailiff says is left of the identity headers.
    let values = |name| headers.get_all(name).iter().map(|value| value.to_str().ok()).collect();
    let headers: [Vec<_>; 2] = ["x-user-id", "x-org-id"].map(values);
    let [user, organization] = headers;
    let headers = json!({ "x-user-id": user, "x-org-id": organization });
    Json(json!({ "id": id, "read_by": caller.user_id, "headers": headers }))
}

struct Invoices;

#[async_trait]
impl InvoiceService for Invoices {
    async fn get_invoice(
        &self,
        asked: Request<shop::GetInvoiceRequest>,
    ) -> Result<Response<shop::Invoice>, Status> {
        let caller = asked.extensions().get::<Identity>().cloned().unwrap_or_default();
        let id = asked.into_inner().id;
        Ok(Response::new(shop::Invoice { id, read_by: caller.user_id }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "this service is no part of Bailiff")]
    let setting = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let bailiff = Connection::to(&setting("BAILIFF_ADDRESS", "127.0.0.1:9191"))?;
    let guard = AuthorizeLayer::new(bailiff);

    let address = format!("127.0.0.1:{}", setting("GRPC_PORT", "50051")).parse()?;
    let mut calls = Server::builder().layer(guard.clone());
    tokio::spawn(calls.add_service(InvoiceServiceServer::new(Invoices)).serve(address));

    let routes = Router::new().route("/orgs/{org}/invoices/{id}", get(get_invoice)).layer(guard);
    let address = format!("127.0.0.1:{}", setting("HTTP_PORT", "8080"));
    axum::serve(tokio::net::TcpListener::bind(address).await?, routes).await?;
    Ok(())
}
