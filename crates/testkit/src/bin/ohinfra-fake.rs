//! The complete command line on the in-memory cloud, for fast tests of its output. The cloud is stored in the file named by
//! `OHINFRA_FAKE_CLOUD`, lookup results in `<file>.look-ups`, which a test can edit, and user accounts in `<file>.users`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use futures::future::BoxFuture;
use ohinfra_cli::Cloud;
use ohinfra_core::Provider;
use ohinfra_core::users::UserDirectory;
use ohinfra_core::{ProviderError, Region};
use ohinfra_state::{LocalStore, StateStore};
use ohinfra_testkit::users::FileUsers;
use ohinfra_testkit::{kind, lookups};

struct Fake {
    file: PathBuf,
}

impl Cloud for Fake {
    fn connect<'a>(&'a self, _region: &'a Region) -> BoxFuture<'a, Provider> {
        Box::pin(async {
            let cloud = ohinfra_testkit::Cloud::in_file(&self.file).unwrap_or_default();
            let provider = kind::provider(&cloud, ohinfra_kinds::schemas());
            let answers = std::fs::read(self.file.with_extension("look-ups")).ok();
            let answers = answers.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            lookups::answered(provider, &answers.unwrap_or_else(lookups::usual))
        })
    }

    fn users<'a>(&'a self, _region: &'a Region, _id: &'a str) -> BoxFuture<'a, Arc<dyn UserDirectory>> {
        Box::pin(async { Arc::new(FileUsers::new(&self.file.with_extension("users"))) as Arc<dyn UserDirectory> })
    }

    fn state<'a>(&'a self, _region: &'a Region, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Arc<dyn StateStore>> {
        let path = self.file.with_file_name(bucket).join(key);
        Box::pin(async { Arc::new(LocalStore::new(path)) as Arc<dyn StateStore> })
    }

    fn bootstrap<'a>(
        &'a self,
        region: &'a Region,
        bucket: &'a str,
        _key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<String>, ProviderError>> {
        Box::pin(async move {
            let folder = self.file.with_file_name(bucket);
            let is_new = !folder.exists() && std::fs::create_dir_all(&folder).is_ok();
            Ok(if is_new { vec![format!("created bucket {bucket} in {region}")] } else { Vec::new() })
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the test sets the file of its cloud")]
fn main() -> ExitCode {
    let file = std::env::var("OHINFRA_FAKE_CLOUD").unwrap_or_else(|_| "fake-cloud.json".to_owned());
    ohinfra_cli::main(&Fake { file: file.into() })
}
