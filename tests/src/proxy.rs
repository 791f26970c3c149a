//! A proxy between the command line and LocalStack. It counts calls, makes each take as long as one to AWS, and answers some
//! as AWS does when something is wrong.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// A call that went through.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service, from the signature.
    pub service: String,
    /// The operation, or the method and path where only they tell it.
    pub operation: String,
    /// When it came in, from the proxy's start.
    pub started: Duration,
    /// When it was answered.
    pub ended: Duration,
}

/// An answer of the proxy's own.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A refusal in the shape of the call's own service.
    pub fn refusal(call: &Call, status: u16, code: &str, message: &str) -> Self {
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let body = match call.service.as_str() {
            "ec2" => format!("<Response><Errors>{error}</Errors><RequestID>0</RequestID></Response>"),
            "s3" => error,
            "iam" | "sts" | "sns" | "route53" => {
                format!("<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>")
            }
            _ => serde_json::json!({ "__type": code, "message": message }).to_string(),
        };
        Self { status, body }
    }
}

/// What is done with a call.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It goes through.
    Forward,
    /// The proxy answers by itself.
    Answer(Answer),
    /// It never arrives, and the caller waits.
    Swallow,
    /// It has its effect, and the caller waits for the answer.
    ForwardAndWithhold,
}

/// Decides about a call.
pub type Rule = Box<dyn Fn(&Call) -> Verdict + Send + Sync>;

struct Shared {
    upstream: String,
    delay: Duration,
    rule: Rule,
    began: Instant,
    calls: Mutex<Vec<Call>>,
}

/// The proxy; it ends with this value.
pub struct Proxy {
    shared: Arc<Shared>,
    /// Where it listens.
    pub endpoint: String,
    _runtime: Runtime,
}

impl Proxy {
    /// A proxy to `upstream` (`http://host:port`), in which every call takes at least `delay`.
    pub fn start(upstream: &str, delay: Duration, rule: Rule) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let upstream = upstream.strip_prefix("http://").context("the upstream is http://host:port")?.to_owned();
        let shared = Arc::new(Shared { upstream, delay, rule, began: Instant::now(), calls: Mutex::default() });
        let accepting = Arc::clone(&shared);
        runtime.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&accepting);
                // A client that goes away in the middle is what some tests are about.
                clients.spawn(async move { serve(stream, &shared).await.ok() });
            }
        });
        Ok(Self { shared, endpoint, _runtime: runtime })
    }

    /// A proxy that only counts.
    pub fn counting(upstream: &str) -> Result<Self> {
        Self::start(upstream, Duration::ZERO, Box::new(|_| Verdict::Forward))
    }

    /// The calls so far, by the time at which they came in.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort_by_key(|call| call.started);
        calls
    }

    /// Forgets the calls so far.
    pub fn forget(&self) {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The most calls of which each began after the one before it had been answered: what latency multiplies.
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

struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The service and the operation.
    fn name(&self) -> (String, String) {
        let scope = self.header("authorization").and_then(|value| value.split("Credential=").nth(1));
        let service = scope.and_then(|scope| scope.split('/').nth(3)).unwrap_or("unsigned").to_owned();
        let target = self.header("x-amz-target").and_then(|target| target.rsplit('.').next().map(str::to_owned));
        let body = String::from_utf8_lossy(&self.body);
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
        let line = self.head.lines().next().unwrap_or_default();
        let path = line.rsplit_once(" HTTP").map_or(line, |(path, _)| path).to_owned();
        // CloudWatch's protocol has the operation in the path.
        let in_path = path.rsplit_once("/operation/").map(|(_, operation)| operation.to_owned());
        (service, target.or(action).or(in_path).unwrap_or(path))
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<Request>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let mut request = Request { head, body: Vec::new() };
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

async fn serve(mut stream: TcpStream, shared: &Shared) -> Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        let started = shared.began.elapsed();
        let (service, operation) = request.name();
        let mut call = Call { service, operation, started, ended: started };
        let answer = match (shared.rule)(&call) {
            Verdict::Answer(Answer { status, body }) => {
                let length = body.len();
                let kind = if body.starts_with('{') { "application/x-amz-json-1.1" } else { "text/xml" };
                format!("HTTP/1.1 {status} Answer\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}")
                    .into_bytes()
            }
            Verdict::Forward => forward(&request, &shared.upstream).await?,
            Verdict::Swallow => {
                shared.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
                std::future::pending().await
            }
            Verdict::ForwardAndWithhold => {
                forward(&request, &shared.upstream).await?;
                call.ended = shared.began.elapsed();
                shared.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
                std::future::pending().await
            }
        };
        tokio::time::sleep(shared.delay.saturating_sub(shared.began.elapsed() - started)).await;
        call.ended = shared.began.elapsed();
        shared.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        stream.write_all(&answer).await?;
        if answer_closes(&answer) {
            break;
        }
    }
    Ok(())
}

/// Whether the end of the answer can only be told by the end of the connection.
fn answer_closes(answer: &[u8]) -> bool {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    head.contains("connection: close") || !head.contains("content-length") && !head.contains("chunked")
}

/// Sends a request over a connection of its own and reads the answer to its end.
async fn forward(request: &Request, upstream: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(upstream).await?;
    let lines = request.head.trim_end().lines();
    let kept: Vec<&str> = lines
        .filter(|line| !["connection:", "expect:"].iter().any(|name| line.to_ascii_lowercase().starts_with(name)))
        .collect();
    let head = format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n"));
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&request.body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}
