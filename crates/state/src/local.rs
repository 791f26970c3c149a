//! The local state store: one file, replaced atomically and locked by the operating system, which releases the lock of a
//! killed process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_core::secret::sha256_hex;

use crate::document::StateDocument;
use crate::migrations::parse;
use crate::store::{Holder, Lock, LockInfo, StateError, StateStore, Stored, Version, VersionEntry};

/// Stores the state in one file.
pub struct LocalStore {
    path: PathBuf,
}

impl LocalStore {
    /// Creates a store for a file, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn lock_path(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        self.path.with_file_name(name)
    }

    fn access(&self, operation: &'static str) -> impl Fn(io::Error) -> StateError + '_ {
        move |error| StateError::Access { operation, place: self.place(), message: error.to_string() }
    }

    fn bytes(&self) -> Result<Option<Vec<u8>>, StateError> {
        match read_at_most(&self.path, LARGEST_DOCUMENT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.access("read")(error)),
        }
    }

    fn write_now(&self, document: &StateDocument, expected: Option<&Version>) -> Result<Version, StateError> {
        let current = self.bytes()?.map(|bytes| version_of(&bytes));
        if current.as_ref() != expected {
            return Err(StateError::Changed { place: self.place() });
        }
        let bytes = document.to_bytes();
        replace_file(&self.path, &bytes).map_err(self.access("write"))?;
        Ok(version_of(&bytes))
    }

    fn read_holder(file: &mut File) -> Option<LockInfo> {
        let mut text = String::new();
        file.rewind().ok()?;
        file.take(65_536).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }

    fn lock_now(&self, info: &LockInfo) -> Result<LocalLock, StateError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(self.access("lock"))?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.lock_path())
            .map_err(self.access("lock"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = Self::read_holder(&mut file)
                    .unwrap_or_else(|| LockInfo { who: "another process".into(), ..info.clone() });
                return Err(StateError::Locked { place: self.place(), holder: Box::new(holder) });
            }
            Err(TryLockError::Error(error)) => return Err(self.access("lock")(error)),
        }
        write_holder(&mut file, info).map_err(self.access("lock"))?;
        Ok(LocalLock { file: Mutex::new(file), info: info.clone(), place: self.place() })
    }
}

fn version_of(bytes: &[u8]) -> Version {
    Version(sha256_hex(bytes))
}

/// The maximum size of a state or plan, in bytes: 64 MiB, a thousand times the size for a complete OpenHands deployment.
pub const LARGEST_DOCUMENT: u64 = 64 * 1024 * 1024;

/// Reads a file of at most `bytes` bytes, which bounds memory use for any path.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`] if the file is larger, and all errors of opening and reading it.
pub fn read_at_most(path: &Path, bytes: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    File::open(path)?.take(bytes + 1).read_to_end(&mut read)?;
    if read.len() as u64 > bytes {
        let message = format!("larger than {} KiB", bytes / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(read)
}

/// Replaces a file atomically: a reader sees either the old or the new content, even after a power failure.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(name);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        // Report the first error; a leftover temporary file is harmless.
        let _ = fs::remove_file(&temporary);
    })?;
    File::open(folder).and_then(|folder| folder.sync_all())
}

fn write_holder(file: &mut File, info: &LockInfo) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec_pretty(info).unwrap_or_default())?;
    file.sync_data()
}

struct LocalLock {
    file: Mutex<File>,
    info: LockInfo,
    place: String,
}

impl LocalLock {
    fn with_file<T>(&self, act: impl FnOnce(&mut File) -> io::Result<T>) -> Result<T, StateError> {
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        act(&mut file).map_err(|error| StateError::Access {
            operation: "lock",
            place: self.place.clone(),
            message: error.to_string(),
        })
    }
}

impl Lock for LocalLock {
    fn heartbeat(&self, now: Timestamp) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            self.with_file(|file| write_holder(file, &LockInfo { heartbeat_at: now, ..self.info.clone() }))
        })
    }

    fn release(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            self.with_file(|file| {
                file.set_len(0)?;
                file.unlock()
            })
        })
    }
}

impl StateStore for LocalStore {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&self) -> BoxFuture<'_, Result<Option<Stored>, StateError>> {
        Box::pin(async move {
            let Some(bytes) = self.bytes()? else { return Ok(None) };
            Ok(Some(Stored { document: parse(&bytes, &self.place())?, version: version_of(&bytes) }))
        })
    }

    fn version(&self) -> BoxFuture<'_, Result<Option<Version>, StateError>> {
        Box::pin(async move { Ok(self.bytes()?.as_deref().map(version_of)) })
    }

    fn read_version<'a>(&'a self, version: &'a str) -> BoxFuture<'a, Result<StateDocument, StateError>> {
        Box::pin(async move {
            Err(StateError::Access {
                operation: "read an older version of",
                place: self.place(),
                message: format!("a local state file has no older versions (requested: `{version}`)"),
            })
        })
    }

    fn write<'a>(
        &'a self,
        document: &'a StateDocument,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StateError>> {
        Box::pin(async move { self.write_now(document, expected) })
    }

    fn lock<'a>(&'a self, info: &'a LockInfo) -> BoxFuture<'a, Result<Box<dyn Lock>, StateError>> {
        Box::pin(async move { self.lock_now(info).map(|lock| Box::new(lock) as Box<dyn Lock>) })
    }

    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>> {
        Box::pin(async move {
            match File::open(self.lock_path()) {
                Ok(mut file) => match file.try_lock_shared() {
                    Err(TryLockError::WouldBlock) => {
                        Ok(Self::read_holder(&mut file).map(|info| Holder { info, unseen_for: None }))
                    }
                    Ok(()) | Err(TryLockError::Error(_)) => Ok(None),
                },
                Err(_) => Ok(None),
            }
        })
    }

    fn unlock<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<LockInfo, StateError>> {
        Box::pin(async move {
            match self.holder().await? {
                // Only the operating system can release the file lock of a running process, and it does so when the process ends.
                Some(Holder { info: holder, .. }) if holder.id == id => Err(StateError::Access {
                    operation: "unlock",
                    place: self.place(),
                    message: format!(
                        "process {} on {} is running and holds the lock; the lock is released when the process ends",
                        holder.pid, holder.host
                    ),
                }),
                holder => Err(StateError::NoSuchLock {
                    place: self.place(),
                    id: id.to_owned(),
                    held: holder.map(|holder| holder.info.id),
                }),
            }
        })
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<VersionEntry>, StateError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
