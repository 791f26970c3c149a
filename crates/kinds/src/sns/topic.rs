//! SNS topic with email subscriptions.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `sns.topic`
pub struct Topic;

/// Inputs of an SNS topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct TopicInputs<T = String> {
    /// Name of the topic. Unique in the account and region; at most 256 characters. Replaces.
    #[input(replace, nominal)]
    pub topic_name: String,
    /// Display name: the sender of emails. At most 100 characters.
    pub display_name: String,
    /// Email addresses of the subscribers. Each must confirm the subscription once; a pending confirmation counts as subscribed.
    /// Subscriptions of other addresses are left unmanaged.
    #[input(unordered, shared)]
    pub email_subscriptions: Vec<String>,
    /// ID of the KMS key that encrypts messages at rest. Default: no encryption with KMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<T>,
}

impl Definition for Topic {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = TopicInputs<T>;

    fn schema() -> Schema {
        Schema::of::<TopicInputs>("sns.topic", "An SNS topic with email subscriptions")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("name", Availability::Early)
            .named_by(&["topic_name"])
    }
}
