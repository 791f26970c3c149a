//! A proxy between the command line and LocalStack. It records every call, adds the latency of AWS, and simulates network
//! and service failures.

mod answer;
mod call;
mod http;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

pub use answer::{Answer, Trouble};
pub use call::{Call, longest_chain};
use http::{Request, answer_closes};

/// The action of the proxy on a call.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Forward the call.
    Forward,
    /// Forward the call after a delay.
    Delay(Duration),
    /// Forward the call and set the `Last-Modified` of the response back by this duration: time passes for the service only.
    Later(Duration),
    /// Respond without forwarding the call.
    Answer(Answer),
    /// Drop the call without a response; the caller waits.
    Swallow,
    /// Forward the call without a response; the caller waits.
    ForwardAndWithhold,
    /// Drop the call and close the connection.
    Cut,
    /// Forward the call and close the connection before the response.
    ForwardAndCut,
    /// Forward the call twice and return the second response, as for a retry after a lost response.
    ForwardTwice,
    /// Return the response twice.
    AnswerTwice,
    /// Return the recorded response to the same request; forward the call if none is recorded. Simulates a stale index, or a
    /// service that uses no CPU time of this machine.
    Replay,
}

/// Selects the action for a call.
pub type Rule = Box<dyn Fn(&Call) -> Verdict + Send + Sync>;

struct Shared {
    upstream: String,
    delay: Duration,
    rule: Rule,
    began: Instant,
    count: AtomicUsize,
    calls: Mutex<Vec<Call>>,
    answers: Mutex<HashMap<String, Vec<u8>>>,
}

impl Shared {
    fn record(&self, call: &Call) {
        let call = Call { ended: self.began.elapsed(), ..call.clone() };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    async fn replay(&self, request: &Request) -> Result<Vec<u8>> {
        let key = request.replay_key();
        let known = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(answer) = known {
            return Ok(answer);
        }
        let answer = request.forward(&self.upstream).await?;
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(key, answer.clone());
        Ok(answer)
    }
}

/// A running proxy; it stops when the value is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    /// The URL at which the proxy listens.
    pub endpoint: String,
    _runtime: Runtime,
}

impl Proxy {
    /// Starts a proxy to `upstream` (`http://host:port`) with a minimum duration of `delay` for each call.
    pub fn start(upstream: &str, delay: Duration, rule: Rule) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let upstream = upstream.strip_prefix("http://").context("the upstream is http://host:port")?.to_owned();
        let (began, count, calls, answers) = (Instant::now(), AtomicUsize::new(0), Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { upstream, delay, rule, began, count, calls, answers });
        let accepting = Arc::clone(&shared);
        runtime.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&accepting);
                // Some tests use a client that disconnects during a call.
                clients.spawn(async move { serve(stream, &shared).await.ok() });
            }
        });
        Ok(Self { shared, endpoint, _runtime: runtime })
    }

    /// Starts a proxy that only records calls.
    pub fn counting(upstream: &str) -> Result<Self> {
        Self::start(upstream, Duration::ZERO, Box::new(|_| Verdict::Forward))
    }

    /// Returns the completed calls, ordered by the time at which they were received.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort_by_key(|call| call.started);
        calls
    }

    /// Returns the number of received calls.
    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// Clears the recorded calls.
    pub fn forget(&self) {
        self.shared.count.store(0, Ordering::SeqCst);
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = Request::read(&mut stream, &mut buffer).await? {
        let started = shared.began.elapsed();
        let call = Call::new(shared.count.fetch_add(1, Ordering::SeqCst), &request, started);
        let forward = || request.forward(&shared.upstream);
        let verdict = (shared.rule)(&call);
        let answer = match &verdict {
            Verdict::Answer(answer) => answer.to_bytes(),
            Verdict::Forward | Verdict::AnswerTwice => forward().await?,
            Verdict::Delay(delay) => {
                tokio::time::sleep(*delay).await;
                forward().await?
            }
            Verdict::Later(time) => http::set_back(&forward().await?, *time),
            Verdict::ForwardTwice => {
                forward().await?;
                forward().await?
            }
            Verdict::Replay => shared.replay(&request).await?,
            Verdict::Swallow | Verdict::Cut => Vec::new(),
            Verdict::ForwardAndWithhold | Verdict::ForwardAndCut => {
                forward().await?;
                Vec::new()
            }
        };
        if matches!(verdict, Verdict::Swallow | Verdict::ForwardAndWithhold) {
            shared.record(&call);
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(shared.delay.saturating_sub(shared.began.elapsed() - started)).await;
        shared.record(&call);
        stream.write_all(&answer).await?;
        if matches!(verdict, Verdict::AnswerTwice) {
            stream.write_all(&answer).await?;
        }
        if answer.is_empty() || answer_closes(&answer) {
            break;
        }
    }
    Ok(())
}
