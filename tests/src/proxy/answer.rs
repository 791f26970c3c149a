//! Error responses in the format of each service.

use super::Call;

/// A response that the proxy generates.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header lines that describe the body.
    headers: Vec<(&'static str, String)>,
    /// The body.
    body: Vec<u8>,
}

/// An error that a service can return for a valid request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Too many requests.
    Throttled,
    /// An internal error, 500.
    Internal,
    /// Temporarily unavailable, 503.
    Unavailable,
}

/// Error codes by service, as AWS documents them: throttled, internal, unavailable. The last line applies to other services.
const CODES: &[(&str, (u16, &str), &str, &str)] = &[
    ("ec2", (503, "RequestLimitExceeded"), "InternalError", "Unavailable"),
    ("s3", (503, "SlowDown"), "InternalError", "ServiceUnavailable"),
    ("iam", (400, "Throttling"), "ServiceFailure", "ServiceUnavailable"),
    ("sts", (400, "Throttling"), "InternalFailure", "ServiceUnavailable"),
    ("sns", (400, "Throttling"), "InternalError", "ServiceUnavailable"),
    ("route53", (400, "Throttling"), "InternalFailure", "ServiceUnavailable"),
    ("kms", (400, "ThrottlingException"), "KMSInternalException", "ServiceUnavailable"),
    ("secretsmanager", (400, "ThrottlingException"), "InternalServiceError", "ServiceUnavailable"),
    ("monitoring", (400, "Throttling"), "InternalServiceError", "ServiceUnavailable"),
    ("rds", (400, "Throttling"), "InternalFailure", "ServiceUnavailable"),
    ("autoscaling", (400, "Throttling"), "InternalFailure", "ServiceUnavailable"),
    ("elasticloadbalancing", (400, "Throttling"), "InternalFailure", "ServiceUnavailable"),
    ("cloudfront", (400, "Throttling"), "InternalFailure", "ServiceUnavailable"),
    ("lambda", (429, "TooManyRequestsException"), "ServiceException", "ServiceUnavailable"),
    ("cognito-idp", (400, "TooManyRequestsException"), "InternalErrorException", "ServiceUnavailable"),
    ("elasticfilesystem", (429, "ThrottlingException"), "InternalServerError", "ServiceUnavailable"),
    ("ssm", (400, "ThrottlingException"), "InternalServerError", "ServiceUnavailable"),
    ("wafv2", (400, "ThrottlingException"), "WAFInternalErrorException", "ServiceUnavailable"),
    ("", (400, "ThrottlingException"), "InternalFailure", "ServiceUnavailableException"),
];

impl Answer {
    /// Returns an error response in the format of the call's service.
    pub fn refusal(call: &Call, status: u16, code: &str, message: &str) -> Self {
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let xml = |body: String| (vec![("Content-Type", "text/xml".to_owned())], body.into_bytes());
        let (headers, body) = match call.service.as_str() {
            "ec2" => xml(format!("<Response><Errors>{error}</Errors><RequestID>0</RequestID></Response>")),
            "s3" => xml(error),
            // CloudFront and Route 53 use the same elements as the query services.
            "iam" | "sts" | "sns" | "route53" | "rds" | "autoscaling" | "elasticloadbalancing" | "cloudfront" => {
                xml(format!("<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"))
            }
            // CloudWatch uses CBOR.
            "monitoring" => {
                let kind = vec![
                    ("Content-Type", "application/cbor".to_owned()),
                    ("smithy-protocol", "rpc-v2-cbor".to_owned()),
                ];
                (kind, cbor(&[("__type", code), ("message", message)]))
            }
            _ => {
                let kind = vec![
                    ("Content-Type", "application/x-amz-json-1.1".to_owned()),
                    ("x-amzn-errortype", code.to_owned()),
                ];
                (kind, serde_json::json!({ "__type": code, "message": message }).to_string().into_bytes())
            }
        };
        Self { status, headers, body }
    }

    /// Returns an HTML page, such as the error page of an intermediate proxy.
    pub fn page(status: u16) -> Self {
        let headers = vec![("Content-Type", "text/html".to_owned())];
        Self { status, headers, body: b"<html><body>not found</body></html>".to_vec() }
    }

    /// Returns a status without a body, as in a response to `HEAD`.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Returns the error response of the call's service for a type of failure.
    pub fn trouble(call: &Call, trouble: Trouble) -> Self {
        let known = CODES.iter().find(|(service, ..)| *service == call.service || service.is_empty());
        let (_, throttled, internal, unavailable) = known.copied().unwrap_or(CODES[0]);
        match trouble {
            Trouble::Throttled => Self::refusal(call, throttled.0, throttled.1, "Rate exceeded"),
            Trouble::Internal => Self::refusal(call, 500, internal, "An internal error has occurred"),
            Trouble::Unavailable => Self::refusal(call, 503, unavailable, "The service is unavailable"),
        }
    }

    /// Serializes the response for the connection.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Answer\r\nContent-Length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// Encodes a map of strings in CBOR (RFC 8949, major types 5 and 3).
fn cbor(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        let mut bytes = if length < 24 { vec![0x60 | length] } else { vec![0x78, length] };
        bytes.extend(text.bytes().take(usize::from(length)));
        bytes
    };
    let mut bytes = vec![0xa0 | u8::try_from(fields.len()).unwrap_or_default()];
    for (name, value) in fields {
        bytes.extend(text(name));
        bytes.extend(text(value));
    }
    bytes
}
