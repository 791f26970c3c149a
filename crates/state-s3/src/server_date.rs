//! The server time of S3, from the `Date` header of a response. The age of a lock is the difference of two S3 times, which
//! makes it independent of local clocks.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use jiff::Timestamp;

/// Stores the `Date` of the last response.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerDate(Arc<Mutex<Option<Timestamp>>>);

impl ServerDate {
    /// Returns the time of the last response; `None` if it had no valid `Date`.
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
    fn the_date_header_is_parsed() {
        let date = parse("Thu, 01 Jan 1970 00:05:00 GMT");
        assert_eq!(date, jiff::Timestamp::from_second(300).ok());
        assert_eq!(parse("yesterday"), None);
    }
}
