//! The command line on AWS: connects it to the AWS crates and the S3 state store.

use std::sync::Arc;

use futures::future::BoxFuture;
use ohinfra_aws_core::{CallerIdentityLookUp, Connection, TagIndex};
use ohinfra_aws_data::s3_client;
use ohinfra_cli::Cloud;
use ohinfra_core::Provider;
use ohinfra_core::package::Packages;
use ohinfra_core::users::UserDirectory;
use ohinfra_core::{ProviderError, Region};
use ohinfra_openhands::payload::packages::OpenHandsPackages;
use ohinfra_state::StateStore;
use ohinfra_state_s3::{S3Store, bootstrap};
use tokio::sync::OnceCell;

/// Returns the provider with every kind and lookup on AWS, on one connection.
pub fn provider(connection: &Connection) -> Provider {
    let config = connection.default_config().clone();
    let provider = Provider::default()
        .lookup(CallerIdentityLookUp(Arc::clone(connection.caller())))
        .with_tag_index(Arc::new(move |recorded| Box::new(TagIndex::new(config.clone(), recorded))));
    let provider = ohinfra_aws_ec2::register(provider, connection);
    let provider = ohinfra_aws_iam::register(provider, connection);
    let packages: Arc<dyn Packages> = Arc::new(OpenHandsPackages);
    let provider = ohinfra_aws_data::register(provider, connection, &packages);
    let provider = ohinfra_aws_compute::register(provider, connection, &packages);
    let provider = ohinfra_aws_edge::register(provider, connection);
    ohinfra_aws_ops::register(provider, connection)
}

/// AWS with the default credential chain. The only connection is opened on first use.
#[derive(Default)]
pub struct Aws {
    connection: OnceCell<Connection>,
}

impl Aws {
    async fn connection(&self, region: &Region) -> &Connection {
        self.connection.get_or_init(|| Connection::from_environment(region)).await
    }
}

impl Cloud for Aws {
    fn connect<'a>(&'a self, region: &'a Region) -> BoxFuture<'a, Provider> {
        Box::pin(async { provider(self.connection(region).await) })
    }

    fn users<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Arc<dyn UserDirectory>> {
        Box::pin(async { ohinfra_aws_edge::users(self.connection(region).await, region, id) })
    }

    fn state<'a>(&'a self, region: &'a Region, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Arc<dyn StateStore>> {
        Box::pin(async {
            let client = s3_client(&self.connection(region).await.config(region));
            Arc::new(S3Store::new(client, bucket, key)) as Arc<dyn StateStore>
        })
    }

    fn bootstrap<'a>(
        &'a self,
        region: &'a Region,
        bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<String>, ProviderError>> {
        Box::pin(async {
            let connection = self.connection(region).await;
            let partition = connection.caller().details().await?.partition().to_owned();
            bootstrap(&s3_client(&connection.config(region)), bucket, key, region, &partition).await
        })
    }
}
