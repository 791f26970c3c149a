//! Implementation of `rdsdata.bootstrap`. Its effect is visible only in the database, by the type that the script creates last.
//!
//! If the database does not respond, the recorded values are assumed, with a warning. A recreated cluster causes a new run,
//! because the inputs reference the cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::types::Field;
use ohinfra_aws_core::{Regional, Secrets, api_error, api_error_eventual};
use ohinfra_core::contract::{Created, Deletion, Found, Kind, Known, Live, Resolved, Subject, Update, attributes};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::package::Packages;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rdsdata::{Bootstrap, BootstrapLive};

/// `rdsdata.bootstrap`
pub struct BootstrapKind {
    pub(crate) clients: Arc<Regional<Client>>,
    pub(crate) packages: Arc<dyn Packages>,
}

type Inputs = Resolved<Bootstrap>;

const EXECUTE: &str = "rds-data:ExecuteStatement";

/// Separator of the identity `<cluster ARN>|<database>|<secret ARN>`, which contains everything that a read needs.
const SEPARATOR: char = '|';

impl BootstrapKind {
    async fn run(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let client = self.clients.in_region(region);
        let (cluster, admin) = (&inputs.cluster_arn, &inputs.admin_secret_arn);
        let secret = Secrets::new(self.clients.connection()).text(&inputs.proxy_secret_arn).await?;
        let field = |name: &str| secret.field(name, &inputs.proxy_secret_arn);
        let parameters = BTreeMap::from([
            ("database".to_owned(), inputs.database_name.clone()),
            ("username".to_owned(), field("username")?.expose().to_owned()),
            ("password".to_owned(), field("password")?.expose().to_owned()),
        ]);
        let invalid = |message: String| ProviderError::new(ErrorKind::Invalid, EXECUTE, message);
        let script = self.packages.render(&inputs.package, &parameters).map_err(invalid)?;
        let transactions: Vec<Vec<String>> = serde_json::from_slice(&script)
            .map_err(|_| invalid("the SQL script is not a list of transactions".to_owned()))?;
        for statements in transactions {
            let call = client.begin_transaction().resource_arn(cluster).secret_arn(admin);
            let answer = call.database(&inputs.database_name).send().await;
            let answer = answer.map_err(api_error_eventual("rds-data:BeginTransaction"))?;
            let id = answer.transaction_id.ok_or_else(|| ProviderError::incomplete(EXECUTE, "transactionId"))?;
            for statement in statements {
                let call = client.execute_statement().resource_arn(cluster).secret_arn(admin).transaction_id(&id);
                let result = call.database(&inputs.database_name).sql(statement).send().await;
                if let Err(error) = result.map_err(api_error(EXECUTE)) {
                    let call = client.rollback_transaction().resource_arn(cluster).secret_arn(admin);
                    // If the call fails, the Data API rolls back after three minutes.
                    let _rolled_back = call.transaction_id(&id).send().await;
                    return Err(error);
                }
            }
            let call = client.commit_transaction().resource_arn(cluster).secret_arn(admin).transaction_id(&id);
            match call.send().await.map_err(api_error("rds-data:CommitTransaction")) {
                // The last statement has just succeeded, and a transaction expires only after three minutes without one: an
                // earlier attempt, whose response was lost, has committed it.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                result => result.map(|_| ())?,
            }
        }
        Ok(())
    }
}

impl Kind for BootstrapKind {
    type Definition = Bootstrap;

    /// Always returns `None`: the script is cheap and idempotent, so there is nothing to find.
    async fn find(&self, _subject: &Subject, _known: &Known<Bootstrap>) -> Result<Option<Found>, ProviderError> {
        Ok(None)
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let mut parts = id.split(SEPARATOR);
        let (Some(cluster), Some(database), Some(admin)) = (parts.next(), parts.next(), parts.next()) else {
            let message = format!("invalid identity `{id}`: expected `<cluster ARN>|<database>|<secret ARN>`");
            return Err(ProviderError::new(ErrorKind::Invalid, EXECUTE, message));
        };
        let call = self.clients.in_region(region).execute_statement().resource_arn(cluster).secret_arn(admin);
        let call = call
            .database(database)
            .sql("SELECT count(*) FROM pg_catalog.pg_type WHERE typname = 'eventcallbackstatus'");
        let inputs = BootstrapLive {
            cluster_arn: Some(cluster.to_owned()),
            database_name: Some(database.to_owned()),
            ..BootstrapLive::default()
        };
        let live = Live::new(&inputs, attributes([("id", id)]));
        match call.send().await.map_err(api_error(EXECUTE)) {
            Ok(answer) => {
                let first = answer.records().first().and_then(|record| record.first());
                Ok(matches!(first, Some(Field::LongValue(count)) if *count > 0).then_some(live))
            }
            // A problem of the caller: it affects more than this resource.
            Err(error) if matches!(error.kind, ErrorKind::Credentials | ErrorKind::Denied | ErrorKind::Throttled) => {
                Err(error)
            }
            Err(error) => {
                let code = error.code.as_deref().unwrap_or("no response");
                Ok(Some(
                    live.assumed(format!("the database `{database}` does not respond ({code}: {})", error.message)),
                ))
            }
        }
    }
    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.run(&subject.region, inputs).await?;
        let id = [&*inputs.cluster_arn, &inputs.database_name, &inputs.admin_secret_arn].join(&SEPARATOR.to_string());
        Ok(Created::new(&id, [("id", &id)]))
    }

    async fn update(&self, subject: &Subject, _id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.run(&subject.region, &update.desired).await
    }

    /// Does nothing: the effect of the script is deleted with the database.
    async fn delete(&self, _region: &Region, _id: &str, _how: Deletion) -> Result<(), ProviderError> {
        Ok(())
    }
}
