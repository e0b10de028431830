//! A real browser: Debian's Chromium, driven through its chromedriver.
//!
//! Hosts below `localhost` are the machine itself to Chromium, and cookies do not tell ports apart:
//! several applications on `localhost` share a jar, as applications on one domain do.

use super::{PATIENCE, process::Process, toolchain};
use bailiff::core::clock::Stopwatch;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{path::Path, process::Command, time::Duration};
use tempfile::TempDir;
use url::Url;

const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
const DRIVER: &[&str] = &["chromedriver", "chromium-chromedriver"];

/// A browser with a profile of its own. It ends with its driver, and so with the test.
pub(crate) struct Browser {
    client: Client,
    _driver: Process,
    _profile: TempDir,
}

/// A tab of a browser.
pub(crate) type Tab = fantoccini::wd::WindowHandle;

impl Browser {
    /// Starts it; `None` where there is no Chromium, which has then been said.
    pub(crate) async fn start() -> Option<Self> {
        let chromium = toolchain::required(toolchain::located(CHROMIUM))?;
        let driver = toolchain::required(toolchain::program(DRIVER))?;
        let driver = Process::start("chromedriver", Command::new(driver).arg("--port=0"));
        let port: u16 = driver.line(port).await;
        let profile = TempDir::new().expect("a temporary directory");
        let capabilities = capabilities(&chromium, profile.path());
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|error| panic!("chromium does not start: {error}\n{}", driver.log()));
        Some(Self { client, _driver: driver, _profile: profile })
    }

    /// Loads a page, following wherever it leads.
    pub(crate) async fn visit(&self, address: &str) {
        let visited = self.client.goto(address).await;
        visited.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// The address that the tab shows.
    pub(crate) async fn address(&self) -> Url {
        self.client.current_url().await.expect("the tab has an address")
    }

    /// Waits until the tab shows an address that begins like this, and returns it.
    pub(crate) async fn arrives_at(&self, beginning: &str) -> Url {
        let begun = Stopwatch::start();
        loop {
            let address = self.address().await;
            if address.as_str().starts_with(beginning) {
                return address;
            }
            assert!(begun.elapsed() < PATIENCE, "at {address} instead of {beginning}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The JSON that the tab shows.
    pub(crate) async fn shown(&self) -> Value {
        let text = self.text("pre").await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The text of the first element that a CSS selector finds.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let wait = self.client.wait().at_most(PATIENCE);
        let element = wait.for_element(Locator::Css(selector)).await;
        let element = element.unwrap_or_else(|error| panic!("no {selector}: {error}"));
        element.text().await.expect("an element has text")
    }

    /// Clicks on the first element that an `XPath` finds.
    pub(crate) async fn click(&self, path: &str) {
        let wait = self.client.wait().at_most(PATIENCE);
        let element = wait.for_element(Locator::XPath(path)).await;
        let element = element.unwrap_or_else(|error| panic!("no {path}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let ran = self.client.execute(script, Vec::new()).await;
        ran.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The value of a cookie for the page shown, those that scripts cannot read included.
    pub(crate) async fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.client.get_all_cookies().await.expect("the cookies");
        cookies.iter().find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
    }

    /// Forgets a cookie of the page shown.
    pub(crate) async fn forget_cookie(&self, name: &str) {
        self.client.delete_cookie(name).await.expect("a cookie can be deleted");
    }

    /// The tab shown.
    pub(crate) async fn tab(&self) -> Tab {
        self.client.window().await.expect("there is a tab")
    }

    /// Opens another tab of the same browser, and shows it.
    pub(crate) async fn open_tab(&self) -> Tab {
        let tab = self.client.new_window(true).await.expect("a tab opens").handle;
        self.show(&tab).await;
        tab
    }

    /// Shows a tab.
    pub(crate) async fn show(&self, tab: &Tab) {
        self.client.switch_to_window(tab.clone()).await.expect("the tab is there");
    }

    /// Ends it.
    pub(crate) async fn close(self) {
        let _ = self.client.close().await;
    }
}

fn capabilities(chromium: &Path, profile: &Path) -> serde_json::Map<String, Value> {
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Over a pipe, whose end is the end of the browser: none outlives a test that fails.
        "--remote-debugging-pipe",
    ];
    let mut arguments: Vec<_> = arguments.map(str::to_owned).to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let options = json!({ "binary": chromium, "args": arguments });
    [("goog:chromeOptions".to_owned(), options)].into_iter().collect()
}

fn port(line: &str) -> Option<u16> {
    line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
}
