//! Users and the company login.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use ohinfra_tests::proxy::{Answer, Call, Trouble, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

const EDGE: &str = "us-east-1";

/// Creates an account with the `auth` stack, and returns it with the ID of the user pool.
fn with_login(more: &str) -> (Account, String) {
    let account = Account::new().unwrap();
    account.configure(more).unwrap();
    account.succeed(&["apply", "--yes", "--stack", "auth"]).unwrap();
    let pool = account.succeed(&["output", "user_pool_id", "--raw"]).unwrap().stdout.trim().to_owned();
    (account, pool)
}

fn cognito(account: &Account, operation: &str, parameters: Value) -> Value {
    account.call_in(EDGE, "cognito-idp", operation, parameters).unwrap()
}

/// Returns the users of the pool: each address with its verification, status and enablement.
fn known(account: &Account, pool: &str) -> BTreeMap<String, String> {
    let users = cognito(account, "list_users", json!({ "UserPoolId": pool }));
    let user = |user: &Value| {
        let attributes = user["Attributes"].as_array().unwrap();
        let attribute = |name: &str| {
            let found = attributes.iter().find(|attribute| attribute["Name"] == name);
            found.map(|attribute| attribute["Value"].as_str().unwrap().to_owned()).unwrap_or_default()
        };
        let status = user["UserStatus"].as_str().unwrap();
        (attribute("email"), format!("{} {status} {}", attribute("email_verified"), user["Enabled"]))
    };
    users["Users"].as_array().unwrap().iter().map(user).collect()
}

fn addresses(account: &Account, pool: &str) -> Vec<String> {
    known(account, pool).into_keys().collect()
}

#[test]
fn users_are_invited_listed_disabled_enabled_imported_and_removed() {
    let account = Account::new().unwrap();
    let early = account.run(&["users", "list"]).unwrap();
    assert_eq!(early.code, Some(1));
    assert!(early.stderr.contains("has no user pool yet") && early.stderr.contains("`ohinfra apply`"), "{early:?}");

    let (account, pool) = with_login("");
    let invited = account.succeed(&["users", "invite", "ada@example.com", "Bob@Example.com"]).unwrap();
    assert_eq!(invited.stdout, "invited ada@example.com\ninvited bob@example.com\n2 invited, 0 unchanged.\n");
    let new = "true FORCE_CHANGE_PASSWORD true";
    let expected = [("ada@example.com", new), ("bob@example.com", new)].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(known(&account, &pool), BTreeMap::from(expected));

    // A second invitation requires `--resend`, and users who have logged in are not invited.
    let again = account.succeed(&["users", "invite", "ADA@example.com"]).unwrap();
    assert!(again.stdout.starts_with("ada@example.com was invited on 2"), "{again:?}");
    let resent = account.succeed(&["users", "invite", "--resend", "ada@example.com"]).unwrap();
    assert_eq!(resent.stdout, "resent the invitation to ada@example.com\n");
    let password =
        json!({ "UserPoolId": pool, "Username": "bob@example.com", "Password": "A-good-one-1", "Permanent": true });
    cognito(&account, "admin_set_user_password", password);
    let resent = account.succeed(&["users", "invite", "--resend", "bob@example.com"]).unwrap();
    assert!(resent.stdout.starts_with("bob@example.com has logged in before"), "{resent:?}");
    assert_eq!(addresses(&account, &pool), ["ada@example.com", "bob@example.com"]);

    let disabled = account.succeed(&["users", "disable", "bob@example.com"]).unwrap();
    assert!(disabled.stdout.contains("disabled bob@example.com\nOpen sessions end"), "{disabled:?}");
    assert_eq!(known(&account, &pool)["bob@example.com"], "true CONFIRMED false");
    let listed = account.succeed(&["users", "list"]).unwrap().stdout;
    let row = listed.lines().find(|line| line.starts_with("bob@example.com")).unwrap();
    assert!(row.contains("confirmed") && row.contains("  no  "), "{listed}");
    account.succeed(&["users", "enable", "bob@example.com"]).unwrap();
    assert_eq!(known(&account, &pool)["bob@example.com"], "true CONFIRMED true");

    account.write("team.csv", "name,email\nEve,eve@example.com\nAda,ada@example.com\nEve,EVE@example.com\n").unwrap();
    let imported = account.succeed(&["users", "import", "team.csv"]).unwrap();
    assert!(imported.stdout.contains("invited eve@example.com\n"), "{imported:?}");
    assert!(imported.stdout.ends_with("1 invited, 1 unchanged.\n"), "{imported:?}");
    account.write("team.csv", "email\ncarl@example.com\nnobody\n").unwrap();
    let wrong = account.run(&["users", "import", "team.csv"]).unwrap();
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(1), ""));
    assert!(wrong.stderr.contains("team.csv:3: `nobody` is not an email address"), "{wrong:?}");

    let listed: Value = serde_json::from_str(&account.succeed(&["users", "list", "--json"]).unwrap().stdout).unwrap();
    assert_eq!(listed["user_pool_id"], json!(pool));
    let emails: Vec<&Value> = listed["users"].as_array().unwrap().iter().map(|user| &user["email"]).collect();
    assert_eq!(emails, ["ada@example.com", "bob@example.com", "eve@example.com"]);
    let id = listed["users"][2]["id"].as_str().unwrap().to_owned();

    let unasked = account.run(&["users", "remove", "eve@example.com"]).unwrap();
    assert!(unasked.code == Some(1) && unasked.stderr.contains("add `--yes`"), "{unasked:?}");
    let removed = account.succeed(&["users", "remove", "eve@example.com", "--yes"]).unwrap();
    assert!(removed.stdout.contains(&format!("eve@example.com  invited  ID {id}")), "{removed:?}");
    assert!(removed.stdout.contains("remain in the data bucket and the database"), "{removed:?}");
    assert_eq!(addresses(&account, &pool), ["ada@example.com", "bob@example.com"]);

    for command in ["disable", "enable", "remove"] {
        let mut arguments = vec!["users", command, "ada@example.com", "eve@example.com"];
        arguments.extend((command == "remove").then_some("--yes"));
        let unknown = account.run(&arguments).unwrap();
        assert_eq!(unknown.code, Some(1));
        assert!(unknown.stderr.contains("no user has the address `eve@example.com`"), "{unknown:?}");
    }
    assert_eq!(
        known(&account, &pool)["ada@example.com"],
        new,
        "a user was changed although another one does not exist"
    );
}

#[test]
fn invitations_survive_throttling_and_lost_answers_and_carry_no_password() {
    let (mut account, pool) = with_login("");
    let seen: Mutex<BTreeMap<String, usize>> = Mutex::default();
    let trouble = move |call: &Call| {
        let mut seen = seen.lock().unwrap();
        let n = seen.entry(call.operation.clone()).or_default();
        *n += 1;
        match (call.operation.as_str(), *n) {
            ("AdminCreateUser" | "ListUsers", 1..=7) => Verdict::Answer(Answer::trouble(call, Trouble::Throttled)),
            ("AdminCreateUser", 8) => Verdict::ForwardAndCut,
            _ => Verdict::Forward,
        }
    };
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(trouble)).unwrap();
    let direct = std::mem::replace(&mut account.endpoint, proxy.endpoint.clone());
    let invited = account.succeed(&["users", "invite", "ada@example.com"]).unwrap();
    assert_eq!(invited.stdout, "invited ada@example.com\n");
    let creations: Vec<Call> = proxy.calls().into_iter().filter(|call| call.operation == "AdminCreateUser").collect();
    assert!(creations.len() >= 9, "{}", creations.len());
    for call in creations {
        assert!(!String::from_utf8_lossy(&call.body).contains("Password"), "the request contains a password");
    }
    account.endpoint = direct;
    assert_eq!(addresses(&account, &pool), ["ada@example.com"]);
}

#[test]
fn the_email_limit_fails_only_the_excess() {
    let (account, pool) = with_login("");
    let lines: String = (1..=52).map(|n| format!("user-{n:02}@example.com\n")).collect();
    account.write("team.csv", &format!("email\n{lines}")).unwrap();
    let unasked = account.run(&["users", "import", "team.csv"]).unwrap();
    assert!(unasked.code == Some(1) && unasked.stderr.contains("52 invitations exceed the limit of 50 emails per day"));
    assert!(addresses(&account, &pool).is_empty());
    let some = account.run(&["users", "import", "team.csv", "--yes"]).unwrap();
    assert_eq!(some.code, Some(1));
    assert!(some.stdout.ends_with("50 invited, 0 unchanged, 2 failed.\n"), "{some:?}");
    assert_eq!(some.stderr.matches("LimitExceededException").count(), 2, "{some:?}");
    assert!(some.stderr.contains("set the email provider of the user pool to Amazon SES"), "{some:?}");
    assert_eq!(addresses(&account, &pool).len(), 50);
}

const LOGINS: &str = "\
[auth.saml]
name = \"Example-SAML\"
metadata_url = \"https://sso.example.com/metadata\"

[auth.oidc]
name = \"Example-OIDC\"
issuer = \"https://sso.example.com\"
client_id = \"openhands\"
client_secret_name = \"sso/openhands\"
";

fn provider(account: &Account, pool: &str, name: &str) -> Value {
    let found = cognito(account, "describe_identity_provider", json!({ "UserPoolId": pool, "ProviderName": name }));
    found["IdentityProvider"].clone()
}

/// Returns the providers of the user pool client.
fn listed(account: &Account, pool: &str) -> Value {
    let client = account.succeed(&["output", "user_pool_client_id", "--raw"]).unwrap().stdout.trim().to_owned();
    let found = cognito(account, "describe_user_pool_client", json!({ "UserPoolId": pool, "ClientId": client }));
    found["UserPoolClient"]["SupportedIdentityProviders"].clone()
}

fn apply(account: &Account) {
    account.succeed(&["apply", "--yes", "--stack", "auth"]).unwrap();
    let plan = account.run(&["plan", "--stack", "auth", "--detailed-exitcode"]).unwrap();
    assert_eq!(plan.code, Some(0), "{}", plan.stdout);
}

#[test]
fn a_company_login_is_added_changed_and_removed_in_an_order_that_cognito_accepts() {
    let (account, pool) = with_login("");
    account.configure(LOGINS).unwrap();
    let missing = account.run(&["plan"]).unwrap();
    assert!(missing.stderr.contains("secret `sso/openhands` not found in us-west-2"), "{missing:?}");
    let secret = json!({ "Name": "sso/openhands", "SecretString": "first-client-secret\n" });
    account.call("secretsmanager", "create_secret", secret).unwrap();
    apply(&account);

    let saml = provider(&account, &pool, "Example-SAML");
    assert_eq!(saml["ProviderDetails"]["MetadataURL"], "https://sso.example.com/metadata");
    assert_eq!(saml["ProviderDetails"]["IDPSignout"], "false");
    assert_eq!(
        saml["AttributeMapping"],
        json!({ "email": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress" })
    );
    let oidc = provider(&account, &pool, "Example-OIDC");
    assert_eq!(oidc["ProviderDetails"]["client_secret"], "first-client-secret");
    assert_eq!(oidc["ProviderDetails"]["authorize_scopes"], "openid email profile");
    assert_eq!(
        oidc["AttributeMapping"],
        json!({ "email": "email", "email_verified": "email_verified", "username": "sub" })
    );
    assert_eq!(listed(&account, &pool), json!(["COGNITO", "Example-SAML", "Example-OIDC"]));
    let output = |name: &str| account.succeed(&["output", name, "--raw"]).unwrap().stdout.trim().to_owned();
    let domain = format!("https://openhands-{}-shared.auth.us-east-1.amazoncognito.com", account.id);
    assert_eq!(output("saml_redirect_url"), format!("{domain}/saml2/idpresponse"));
    assert_eq!(output("saml_entity_id"), format!("urn:amazon:cognito:sp:{pool}"));
    assert_eq!(output("oidc_redirect_url"), format!("{domain}/oauth2/idpresponse"));

    // Settings added outside ohinfra are kept; changes to managed settings are drift and are reverted.
    let mut details = saml["ProviderDetails"].clone();
    details["RequestSigningAlgorithm"] = json!("rsa-sha256");
    details["IDPSignout"] = json!("true");
    details.as_object_mut().unwrap().retain(|name, _| !name.contains("URI") && name != "ActiveEncryptionCertificate");
    let edit = json!({
        "UserPoolId": pool, "ProviderName": "Example-SAML", "ProviderDetails": details,
        "AttributeMapping": saml["AttributeMapping"], "IdpIdentifiers": ["example.com"],
    });
    cognito(&account, "update_identity_provider", edit);
    assert_eq!(account.run(&["drift"]).unwrap().code, Some(2));
    apply(&account);
    let saml = provider(&account, &pool, "Example-SAML");
    assert_eq!(saml["ProviderDetails"]["IDPSignout"], "false");
    assert_eq!(saml["ProviderDetails"]["RequestSigningAlgorithm"], "rsa-sha256");
    assert_eq!(saml["IdpIdentifiers"], json!(["example.com"]));

    // The next apply updates the provider with the new version of the secret.
    let secret =
        json!({ "SecretId": "sso/openhands", "SecretString": "{\"client_secret\": \"second-client-secret\"}" });
    account.call("secretsmanager", "put_secret_value", secret).unwrap();
    apply(&account);
    let oidc = provider(&account, &pool, "Example-OIDC");
    assert_eq!(oidc["ProviderDetails"]["client_secret"], "second-client-secret");

    // Remove one provider, rename the other and disable passwords. Cognito must accept every step.
    let (saml, _) = LOGINS.split_once("[auth.oidc]").unwrap();
    account
        .configure(&format!("[auth]\nlocal_login = false\n{}", saml.replace("Example-SAML", "Renamed-SAML")))
        .unwrap();
    apply(&account);
    assert_eq!(listed(&account, &pool), json!(["Renamed-SAML"]));
    let refused = account.run(&["users", "invite", "ada@example.com"]).unwrap();
    assert!(refused.code == Some(1) && refused.stderr.contains("`auth.local_login` is `false`"), "{refused:?}");

    account.write("idp.xml", "<EntityDescriptor entityID=\"https://sso.example.com\"/>").unwrap();
    account.configure("[auth.saml]\nname = \"Renamed-SAML\"\nmetadata_file = \"idp.xml\"\n").unwrap();
    apply(&account);
    let saml = provider(&account, &pool, "Renamed-SAML");
    assert!(saml["ProviderDetails"]["MetadataFile"].as_str().unwrap().contains("entityID"), "{saml}");
    assert!(saml["ProviderDetails"].get("MetadataURL").is_none(), "{saml}");

    account.configure("").unwrap();
    apply(&account);
    assert_eq!(listed(&account, &pool), json!(["COGNITO"]));
    let left = cognito(&account, "list_identity_providers", json!({ "UserPoolId": pool }));
    assert_eq!(left["Providers"], json!([]));
}
