//! A topic and who gets its messages by e-mail.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, SHARED, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `sns.topic`
pub struct Topic;

/// Inputs of a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicInputs<T = String> {
    /// Unique in the account and region; at most 256 characters. Replaces.
    pub topic_name: String,
    /// Shown as the sender of e-mails; at most 100 characters.
    pub display_name: String,
    /// Addresses that get every message. Each must confirm once; a confirmation that is outstanding counts as subscribed.
    /// Subscriptions of other addresses are left unmanaged.
    pub email_subscriptions: Vec<String>,
    /// The key that encrypts messages at rest; none where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<T>,
}

impl Definition for Topic {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = TopicInputs<T>;

    fn schema() -> Schema {
        Schema::new("sns.topic", "A topic with its e-mail subscriptions")
            .input("topic_name", REPLACE | NOMINAL)
            .plain("display_name")
            .input("email_subscriptions", UNORDERED | SHARED)
            .plain("kms_key_id")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("name", Availability::Early)
            .named_by(&["topic_name"])
    }
}
