//! The subset of HTTP/1.1 that a proxy between one SDK and one server requires.

use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A complete request.
pub(super) struct Request {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Returns a key that identifies equal requests: content, service and region, without the caller and the time.
    pub(super) fn replay_key(&self) -> String {
        let line = self.head.lines().next().unwrap_or_default();
        let scope =
            self.header("authorization").and_then(|value| value.split("Credential=").nth(1)).unwrap_or_default();
        let scope: Vec<&str> = scope.split('/').skip(2).take(2).collect();
        let target = self.header("x-amz-target").unwrap_or_default();
        format!("{line}\n{}\n{target}\n{}", scope.join("/"), String::from_utf8_lossy(&self.body))
    }

    /// Reads the next request on a connection; returns `None` at the end of the connection.
    pub(super) async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Self>> {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        let mut request = Self { head, body: Vec::new() };
        let length: usize = request.header("content-length").map_or(Ok(0), str::parse)?;
        if request.header("expect").is_some() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        while buffer.len() < end + length {
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
        request.body = buffer[end..end + length].to_vec();
        buffer.drain(..end + length);
        Ok(Some(request))
    }

    /// Sends the request over a new connection and returns the complete response.
    pub(super) async fn forward(&self, upstream: &str) -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect(upstream).await?;
        let lines = self.head.trim_end().lines();
        let kept: Vec<&str> = lines
            .filter(|line| !["connection:", "expect:"].iter().any(|name| line.to_ascii_lowercase().starts_with(name)))
            .collect();
        let head = format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n"));
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&self.body).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

/// Returns the response with a `Last-Modified` that is `time` before its `Date`.
pub(super) fn set_back(answer: &[u8], time: Duration) -> Vec<u8> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let (head, body) = answer.split_at(end);
    let head = String::from_utf8_lossy(head).into_owned();
    let value = |name: &str| {
        let is_it = |line: &&str| line.to_ascii_lowercase().starts_with(name);
        head.lines().find(is_it).and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
    };
    let date = value("date:").and_then(|date| jiff::fmt::rfc2822::parse(&date).ok());
    let earlier = date.map(|date| {
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&(date.timestamp() - time))
            .unwrap_or_default()
    });
    let line = |line: &str| match &earlier {
        Some(earlier) if line.to_ascii_lowercase().starts_with("last-modified:") => format!("Last-Modified: {earlier}"),
        _ => line.to_owned(),
    };
    let head = head.split("\r\n").map(line).collect::<Vec<_>>().join("\r\n");
    [head.as_bytes(), body].concat()
}

/// Returns `true` if the answer closes the connection, or if only the end of the connection marks its end.
pub(super) fn answer_closes(answer: &[u8]) -> bool {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    head.contains("connection: close") || !head.contains("content-length") && !head.contains("chunked")
}
