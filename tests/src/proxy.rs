//! A proxy between the command line and LocalStack. It records every call, makes each take as long as one to AWS, and does to
//! some what a network or a service in trouble does.

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
    /// It goes through.
    Forward,
    /// It goes through after a while.
    Delay(Duration),
    /// It goes through, and the `Last-Modified` of the answer is earlier by so much: time passes for the service, not for the test.
    Later(Duration),
    /// The proxy answers without forwarding the call.
    Answer(Answer),
    /// It never arrives, and the caller waits.
    Swallow,
    /// It has its effect, and the caller waits for the answer.
    ForwardAndWithhold,
    /// It never arrives, and the connection is cut.
    Cut,
    /// It has its effect, and the connection is cut before the answer.
    ForwardAndCut,
    /// It arrives twice, and the caller gets the second answer: what a retry after a lost answer does.
    ForwardTwice,
    /// The caller gets the answer twice.
    AnswerTwice,
    /// It is answered as the same request was before, and goes through only the first time: what an index that is behind does,
    /// and a service that takes no time of the machine's.
    Replay,
}

/// Decides about a call.
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
        let key = request.what_is_asked();
        let known = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(answer) = known {
            return Ok(answer);
        }
        let answer = request.forward(&self.upstream).await?;
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(key, answer.clone());
        Ok(answer)
    }
}

/// The proxy; it ends with this value.
pub struct Proxy {
    shared: Arc<Shared>,
    /// The URL at which the proxy listens.
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

    /// A proxy that only counts.
    pub fn counting(upstream: &str) -> Result<Self> {
        Self::start(upstream, Duration::ZERO, Box::new(|_| Verdict::Forward))
    }

    /// The calls that are over, by the time at which they came in.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        calls.sort_by_key(|call| call.started);
        calls
    }

    /// The number of calls that came in.
    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// Forgets the calls so far.
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
            Verdict::Later(time) => http::written_earlier(&forward().await?, *time),
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
