//! Domain of the login page of a user pool.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cognito.user_pool_domain`
pub struct UserPoolDomain;

/// Inputs of the domain of a user pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct UserPoolDomainInputs<T = String> {
    /// Domain prefix. Unique in the region across all accounts. Replaces.
    #[input(replace, nominal)]
    pub domain: String,
    /// ID of the user pool. Replaces.
    #[input(replace)]
    pub user_pool_id: T,
    /// Login page: 1 for the classic hosted UI, 2 for managed login.
    pub managed_login_version: i32,
}

impl Definition for UserPoolDomain {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = UserPoolDomainInputs<T>;

    fn schema() -> Schema {
        Schema::of::<UserPoolDomainInputs>("cognito.user_pool_domain", "The domain of a user pool")
            .attribute("id", Availability::Early)
            .attribute("domain", Availability::Early)
            .attribute("full_domain", Availability::Early)
            .untagged()
            .named_by(&["domain"])
            .exclusive()
            .timeouts(Duration::from_secs(600), Duration::from_secs(600))
            .expected_create(Duration::from_secs(10))
    }
}
