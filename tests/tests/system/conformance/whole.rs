//! An update keeps every member that is not an input, for kinds whose update replaces the whole object.
//!
//! Another SDK sets all members of the AWS API model. The next update by ohinfra must change only the member of the changed
//! input.

use ohinfra_core::Region;
use ohinfra_core::contract::Subject;
use ohinfra_core::tags::Ownership;
use ohinfra_tests::Proxy;
use serde_json::{Value, json};

use super::kept_ops::{inputs_of, update};
use super::{case, connection, prepared};

/// A kind, the input to change, and its member in the request.
const CHANGES: [(&str, &str, &str); 5] = [
    ("cognito.user_pool", "invitation_subject", "AdminCreateUserConfig.InviteMessageTemplate.EmailSubject"),
    ("cognito.user_pool_client", "access_token_minutes", "AccessTokenValidity"),
    ("wafv2.web_acl", "rate_limit", "Rules[RateLimitRule].Statement.RateBasedStatement.Limit"),
    (
        "cloudfront.response_headers_policy",
        "max_age_seconds",
        "ResponseHeadersPolicyConfig.CorsConfig.AccessControlMaxAgeSec",
    ),
    ("cloudfront.distribution", "price_class", "DistributionConfig.PriceClass"),
];

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn an_update_of_a_whole_object_changes_one_member_only() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut account, _, cases) = runtime.block_on(prepared());
    let proxy = Proxy::counting(&account.endpoint).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let provider = ohinfra::provider(&runtime.block_on(connection(&account)));
    for (name, input, member) in CHANGES {
        let Some(tried) = cases.iter().find(|(kind, ..)| *kind == name) else { continue };
        let case = case(&provider, tried.clone());
        let (_, kind) = provider.find_kind(name).unwrap();
        let address = "conformance/subject".parse().unwrap();
        let subject = Subject {
            ownership: Ownership { deployment: "test".to_owned(), address },
            region: case.region.clone(),
            token: "0".repeat(32),
            attempted: false,
            except: Vec::new(),
        };
        let mut inputs = case.inputs.clone();
        if name == "cognito.user_pool_client" {
            // Cognito does not allow this flow together with the rotation of refresh tokens, which the update must keep.
            inputs["explicit_flows"] = json!(["ALLOW_USER_SRP_AUTH"]);
        }
        let id = runtime.block_on(kind.create(&subject, inputs_of(&inputs))).unwrap().id;
        let region: &Region = &case.region;
        let put = account.fill(region.as_str(), name, &id).unwrap();
        assert!(texts(&put["invalid"]).is_empty(), "{name}: invalid values: {:#}", put["invalid"]);
        assert!(texts(&put["unused"]).is_empty(), "{name}: rules without a member: {:#}", put["unused"]);
        assert!(texts(&put["forgotten"]).is_empty(), "{name}: the emulator does not store: {:#}", put["forgotten"]);

        let (_, value) = case.changes.iter().find(|(field, _)| *field == input).unwrap();
        inputs[input] = value.clone();
        proxy.forget();
        runtime.block_on(update(kind.as_ref(), &subject, &id, &inputs, input));
        let compared = account.compare(region.as_str(), name, &put["filled"], &proxy.calls()).unwrap();
        let [one] = texts(&compared)[..] else { panic!("{name}: {compared:#}") };
        assert!(one.starts_with(&format!("{member}: ")), "{name}: {one}");
    }
}
