//! A recorded call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::http::Request;

/// A received call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The index of the call, from 0, since the proxy started or its calls were cleared.
    pub index: usize,
    /// The service, from the signature.
    pub service: String,
    /// The operation, or the method and path if the request does not name the operation.
    pub operation: String,
    /// The address of the resource, if the request contains its ownership tag.
    pub address: Option<String>,
    /// The time of the request, since the start of the proxy.
    pub started: Duration,
    /// The time of the answer, since the start of the proxy.
    pub ended: Duration,
    /// The request line and the headers, as they were sent.
    pub head: Arc<str>,
    /// The body, as it was sent.
    pub body: Arc<[u8]>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.as_deref().unwrap_or_default();
        write!(
            f,
            "{:>4} {:>7.3} s {} {} {address}",
            self.index,
            self.started.as_secs_f64(),
            self.service,
            self.operation
        )
    }
}

impl Call {
    pub(super) fn new(index: usize, request: &Request, started: Duration) -> Self {
        let (service, operation) = name(request);
        Self {
            index,
            service,
            operation,
            address: address(&request.body),
            started,
            ended: started,
            head: request.head.as_str().into(),
            body: request.body.as_slice().into(),
        }
    }

    /// Returns `true` if the call may be mutating, according to the name of its operation.
    pub fn may_change(&self) -> bool {
        let reads = ["Describe", "Get", "List", "Head", "Lookup", "GET ", "HEAD "];
        !reads.iter().any(|read| self.operation.starts_with(read))
    }
}

/// Returns the service and the operation of a request.
fn name(request: &Request) -> (String, String) {
    let scope = request.header("authorization").and_then(|value| value.split("Credential=").nth(1));
    let service = scope.and_then(|scope| scope.split('/').nth(3)).unwrap_or("unsigned").to_owned();
    let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next().map(str::to_owned));
    let body = String::from_utf8_lossy(&request.body);
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
    let line = request.head.lines().next().unwrap_or_default();
    let path = line.rsplit_once(" HTTP").map_or(line, |(path, _)| path).to_owned();
    // CloudWatch's protocol has the operation in the path.
    let in_path = path.rsplit_once("/operation/").map(|(_, operation)| operation.to_owned());
    (service, target.or(action).or(in_path).unwrap_or(path))
}

/// Returns the value of the ownership tag: the first `stack/name` after its key, in any encoding of the request.
fn address(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body).replace("%3A", ":").replace("%2F", "/");
    let after = &text[text.find("ohinfra:address")? + "ohinfra:address".len()..];
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '/';
    let words = after.split(|c| !is_part(c));
    words
        .filter(|word| !word.starts_with('/') && !word.ends_with('/'))
        .find(|word| word.contains('/'))
        .map(str::to_owned)
}

/// Returns the length of the longest chain of calls in which each call starts after the response to the previous one.
pub fn longest_chain(calls: &[Call]) -> usize {
    let mut calls: Vec<&Call> = calls.iter().collect();
    calls.sort_by_key(|call| call.started);
    let mut chains: Vec<usize> = Vec::new();
    for (n, call) in calls.iter().enumerate() {
        let before = calls[..n].iter().zip(&chains).filter(|(earlier, _)| earlier.ended <= call.started);
        chains.push(1 + before.map(|(_, chain)| *chain).max().unwrap_or_default());
    }
    chains.into_iter().max().unwrap_or_default()
}
