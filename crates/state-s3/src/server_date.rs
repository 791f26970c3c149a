//! The time that S3 says it is: the `Date` of an answer. A lock's age is the difference of two times of S3's own clock.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use jiff::Timestamp;

/// Keeps the `Date` of the last answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerDate(Arc<Mutex<Option<Timestamp>>>);

impl ServerDate {
    /// The time of the last answer; none if it did not say.
    pub(crate) fn get(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for ServerDate {
    fn name(&self) -> &'static str {
        "ServerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(parse);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

fn parse(date: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(date).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let date = parse("Thu, 01 Jan 1970 00:05:00 GMT");
        assert_eq!(date, jiff::Timestamp::from_second(300).ok());
        assert_eq!(parse("yesterday"), None);
    }
}
