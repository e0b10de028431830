//! What is under `deploy/` is right for this program: every file is read by the tool that it is
//! written for, or held to the schema of who reads it; settings and policies in it are served by the real
//! binary; alerts and dashboards ask for what the metrics page shows.

mod chart;
mod compose;
mod documents;
mod image;
mod manifests;
mod mesh;
mod monitoring;
mod proxies;
mod schemas;
mod served;
