use super::{DecisionLine, DecisionLog, DecisionLogOptions, LostLines, Sink, SinkTarget};
use crate::{
    core::clock::Timestamp,
    telemetry::{
        lines::{Lines, Pace, Writing},
        log::LogFormat,
    },
};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Reader(Arc<Mutex<Vec<u8>>>);

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn line(effect: &'static str) -> DecisionLine<'static> {
    let at = Timestamp::from_unix_seconds(0);
    DecisionLine {
        rule: Some("GET /a"),
        ..DecisionLine::new(at, "ext_authz", effect, "role", "r1", "api")
    }
}

/// What comes of these decisions.
fn written(options: DecisionLogOptions, effects: &[&'static str]) -> Vec<String> {
    let text = DecisionLog::gathered(options, |log| {
        for effect in effects {
            let line = line(effect);
            if log.wants(line.door, line.effect, line.rule) {
                log.write(line);
            }
        }
    });
    text.lines().map(str::to_owned).collect()
}

impl DecisionLog {
    /// What is written to such a log while `work` is done.
    pub(crate) fn gathered(options: DecisionLogOptions, work: impl FnOnce(&Arc<Self>)) -> String {
        let (lines, reader) = (Arc::new(Lines::new(Pace::LOCAL)), Reader::default());
        let writing = Writing::start(Arc::clone(&lines), reader.clone()).unwrap();
        let sink = Sink { target: SinkTarget::Stdout, format: options.format, lines };
        work(&Arc::new(Self::new(vec![sink], options, Vec::new())));
        drop(writing);
        let bytes = reader.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }
}

#[test]
fn allowed_requests_are_sampled_and_refusals_never_are() {
    let many: Vec<&'static str> = ["allow", "deny", "redirect"].repeat(400);
    let standard = || DecisionLogOptions::standard(LogFormat::Json);
    let of = |lines: &[String], effect: &str| {
        lines.iter().filter(|line| line.contains(&format!(r#""effect":"{effect}""#))).count()
    };
    let none = written(DecisionLogOptions { allow_sample: 0.0, ..standard() }, &many);
    assert_eq!((of(&none, "allow"), of(&none, "deny"), of(&none, "redirect")), (0, 400, 400));
    let some = written(DecisionLogOptions { allow_sample: 0.5, ..standard() }, &many);
    // Twelve standard deviations to either side.
    assert!((80..=320).contains(&of(&some, "allow")), "{}", of(&some, "allow"));
    assert_eq!((of(&some, "deny"), of(&some, "redirect")), (400, 400));
    assert_eq!(of(&written(standard(), &many), "allow"), 400);
}

#[test]
fn a_line_for_people_reads_as_the_logs_own() {
    let lines = written(DecisionLogOptions::standard(LogFormat::Text), &["deny"]);
    assert_eq!(
        lines,
        [
            r#"1970-01-01T00:00:00.000Z  INFO bailiff::decision: decided door="ext_authz" effect="deny" reason="role" rule="GET /a" revision="r1" asker="api" microseconds=0"#
        ]
    );
}

#[test]
fn nothing_is_wanted_where_lines_go_nowhere() {
    assert!(!DecisionLog::off().wants("ext_authz", "deny", None));
}

#[test]
fn lines_that_are_lost_are_told_by_where_they_should_have_gone() {
    let lines = Arc::new(Lines::new(Pace { most_bytes: 1, ..Pace::LOCAL }));
    let sink = Sink { target: SinkTarget::Otlp, format: LogFormat::Json, lines };
    let log =
        DecisionLog::new(vec![sink], DecisionLogOptions::standard(LogFormat::Json), Vec::new());
    log.write(line("deny"));
    let lost = LostLines { sink: "otlp".to_owned(), dropped: 1, failed: 0 };
    assert_eq!(log.lost(), [lost]);
}
