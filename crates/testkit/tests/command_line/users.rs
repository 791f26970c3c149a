//! `ohinfra users` and the company login.

use ohinfra_testkit::lookups;
use ohinfra_testkit::users::{Accounts, FileUsers};
use serde_json::{Value, json};

use super::{CONFIGURATION, Ended, Place, filtered};

/// Returns a directory with a deployment.
fn deployed() -> Place {
    let place = Place::new();
    place.succeed(&["apply", "--yes"]);
    place
}

fn accounts(place: &Place) -> Accounts {
    FileUsers::new(&place.path().join("cloud.users")).accounts()
}

fn both(ended: &Ended) -> String {
    format!("{}---\n{}", ended.stdout, ended.stderr)
}

#[test]
fn an_invitation_is_resent_only_on_request() {
    let place = deployed();
    insta::assert_snapshot!(place.succeed(&["users", "list"]), @"No users. Run `ohinfra users invite EMAIL` to invite one.");
    insta::assert_snapshot!(place.succeed(&["users", "invite", "ada@example.com", "Bob@Example.com", "ADA@example.com"]), @"
    invited ada@example.com
    invited bob@example.com
    2 invited, 0 unchanged.
    ");
    insta::assert_snapshot!(place.succeed(&["users", "invite", "ada@example.com", "eve@example.com"]), @"
    ada@example.com was invited on 2025-11-24; add `--resend` to resend the invitation
    invited eve@example.com
    1 invited, 1 unchanged.
    ");
    insta::assert_snapshot!(place.succeed(&["users", "invite", "--resend", "bob@example.com"]), @"resent the invitation to bob@example.com");
    let mails: Vec<_> = accounts(&place).mails.into_values().collect();
    assert_eq!(mails, [1, 2, 1], "ada, bob, eve");
    assert!(accounts(&place).users.iter().all(|user| user.email_verified));
    insta::assert_snapshot!(place.succeed(&["users", "list"]), @"
    EMAIL            STATUS   ENABLED  CREATED               LAST CHANGE
    ada@example.com  invited  yes      2025-11-24 16:01 UTC  2025-11-24 16:01 UTC
    bob@example.com  invited  yes      2025-11-24 16:02 UTC  2025-11-24 16:02 UTC
    eve@example.com  invited  yes      2025-11-24 16:03 UTC  2025-11-24 16:03 UTC
    ");
    let listed: Value = serde_json::from_str(&place.succeed(&["users", "list", "--json"])).unwrap();
    assert_eq!(listed["format_version"], 1);
    assert_eq!(listed["users"][1]["email"], "bob@example.com");
    assert_eq!(listed["users"][1]["status"], "FORCE_CHANGE_PASSWORD");
    assert_eq!(listed["users"][1]["created"], "2025-11-24T16:02:00Z");
}

#[test]
fn users_who_have_logged_in_are_not_invited_again() {
    let _filters = filtered();
    let place = deployed();
    place.succeed(&["users", "invite", "ada@example.com", "bob@example.com", "eve@example.com"]);
    let mut accounts = accounts(&place);
    accounts.users[0].status = "CONFIRMED".to_owned().into();
    accounts.users[1].enabled = false;
    accounts.users[2].status = "EXTERNAL_PROVIDER".to_owned().into();
    accounts.users[2].username = "Example-SSO_eve@example.com".to_owned();
    accounts.users[2].email = "Eve@Example.com".to_owned();
    place.write("cloud.users", &serde_json::to_string(&accounts).unwrap());
    let three = ["ada@example.com", "bob@example.com", "eve@example.com"];
    insta::assert_snapshot!(place.succeed(&[&["users", "invite", "--resend"], &three[..]].concat()), @"
    ada@example.com has logged in before; a forgotten password can be reset on the login page
    bob@example.com is disabled; run `ohinfra users enable` to allow logins
    eve@example.com uses the company login and needs no invitation
    0 invited or resent, 3 unchanged.
    ");
    insta::assert_snapshot!(place.succeed(&["users", "invite", "ada@example.com"]), @"ada@example.com has been a user since 2025-11-24");
    insta::assert_snapshot!(place.succeed(&["users", "remove", "--yes", "eve@example.com"]), @"
    Accounts to delete from user pool cognito-user-pool-<n>:
      Eve@Example.com  company login  ID <uuid>
    Their conversations and settings remain in the data bucket and the database under these IDs.
    If you invite the same address again, the new account has a new ID and no access to them.
    Users of the company login can log in again as new users: remove them at the identity provider first.
    Open sessions end when their tokens expire, within 24 hours.
    removed Eve@Example.com
    ");
}

#[test]
fn users_are_disabled_enabled_and_removed() {
    let _filters = filtered();
    let place = deployed();
    place.succeed(&["users", "invite", "ada@example.com", "bob@example.com"]);
    insta::assert_snapshot!(place.succeed(&["users", "disable", "ada@example.com", "BOB@example.com"]), @"
    disabled ada@example.com
    disabled bob@example.com
    2 disabled, 0 unchanged.
    Open sessions end when their tokens expire, within 24 hours.
    ");
    insta::assert_snapshot!(place.succeed(&["users", "disable", "ada@example.com"]), @"ada@example.com is already disabled");
    insta::assert_snapshot!(place.fail(&["users", "enable", "ada@example.com", "nobody@example.com", "no-one@example.com"]), @"
    error: no user has the address `nobody@example.com` in user pool cognito-user-pool-<n>
      help: run `ohinfra users list` to list the users
    error: no user has the address `no-one@example.com` in user pool cognito-user-pool-<n>
      help: run `ohinfra users list` to list the users
    ");
    assert!(accounts(&place).users.iter().all(|user| !user.enabled), "nothing changes if one user is unknown");
    insta::assert_snapshot!(place.succeed(&["users", "enable", "ada@example.com"]), @"enabled ada@example.com");
    insta::assert_snapshot!(place.fail(&["users", "remove", "bob@example.com"]), @"
    error: `ohinfra users remove` needs confirmation, but stdin is not a terminal
      help: add `--yes`, or run `ohinfra users disable EMAIL` to keep the account
    ");
    assert_eq!(accounts(&place).users.len(), 2);
    place.succeed(&["users", "remove", "bob@example.com", "--yes"]);
    assert_eq!(accounts(&place).users.len(), 1);
}

#[test]
fn all_addresses_are_checked_before_any_invitation() {
    let place = deployed();
    insta::assert_snapshot!(place.fail(&["users", "invite", "ada@example.com", "bob@", "carl@example.com,dora@example.com"]), @"
    error: `bob@` is not an email address: the part after the `@` is not a domain name
    error: `carl@example.com,dora@example.com` is not an email address: unexpected comma
      help: separate addresses with spaces
    ");
    place.write("users.csv", "name,email\nAda,ada@example.com\nBob,bob\n\nCarl,\n");
    insta::assert_snapshot!(place.fail(&["users", "import", "users.csv"]), @"
    error: users.csv:3: `bob` is not an email address: missing `@`
    error: users.csv:5: the column `email` is empty
    ");
    insta::assert_snapshot!(place.fail(&["users", "import", "nothing.csv"]), @"
    error: failed to read nothing.csv: No such file or directory (os error 2)
      help: check the path and its permissions
    ");
    assert!(accounts(&place).users.is_empty());
    place.write("users.csv", "name,Email,team\nAda,ada@example.com,x\nAda,ADA@example.com,y\nBob,bob@example.com,x\n");
    insta::assert_snapshot!(both(&place.run(&["users", "import", "users.csv"])), @"
    invited ada@example.com
    invited bob@example.com
    2 invited, 0 unchanged.
    ---
    note: ignored columns: name, team
    note: ignored 1 duplicate address
    ");
}

#[test]
fn failures_do_not_stop_other_invitations_and_exit_with_1() {
    let place = deployed();
    let refused = json!({ "refused": { "bob@example.com": "limit", "carl@example.com": "denied" } });
    place.write("cloud.users", &refused.to_string());
    let emails = ["ada@example.com", "bob@example.com", "carl@example.com", "dora@example.com"];
    let ended = place.run(&[&["users", "invite"], &emails[..]].concat());
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(both(&ended), @"
    invited ada@example.com
    invited dora@example.com
    2 invited, 0 unchanged, 2 failed.
    ---
    error: bob@example.com: cognito-idp:AdminCreateUser: LimitExceededException: Exceeded daily email limit for the operation or the account.
      help: re-run the command with `--resend` tomorrow, or set the email provider of the user pool to Amazon SES in the Cognito console (Authentication methods, Email)
    error: carl@example.com: cognito-idp:AdminCreateUser: AccessDeniedException: not authorized
      help: grant `cognito-idp:AdminCreateUser` to the identity running ohinfra
    ");
}

#[test]
fn exceeding_the_daily_email_limit_requires_confirmation() {
    let place = deployed();
    let lines: String = (1..=51).map(|n| format!("user-{n}@example.com\n")).collect();
    place.write("users.csv", &format!("email\n{lines}"));
    insta::assert_snapshot!(place.fail(&["users", "import", "users.csv"]), @"
    error: 51 invitations exceed the limit of 50 emails per day of Cognito's built-in email service
      help: set the email provider of the user pool to Amazon SES in the Cognito console (Authentication methods, Email), or invite fewer users per day; add `--yes` to send until the limit is reached
    ");
    assert!(accounts(&place).users.is_empty());
    let ended = place.run(&["users", "import", "users.csv", "--yes"]);
    assert_eq!(ended.code, 0);
    assert!(
        ended.stderr.starts_with("warning: 51 invitations exceed the limit of 50 emails per day"),
        "{}",
        ended.stderr
    );
    assert_eq!(accounts(&place).users.len(), 51);
    // Existing users get no email; your own email service has no such limit.
    assert_eq!(place.run(&["users", "import", "users.csv"]).stderr, "");
    place.write("cloud.users", "{ \"own_mailer\": true }");
    assert_eq!(place.run(&["users", "import", "users.csv"]).stderr, "");
}

#[test]
fn without_a_deployment_there_are_no_users() {
    let place = Place::new();
    insta::assert_snapshot!(place.fail(&["users", "list"]), @"
    error: the deployment `openhands` has no user pool yet: `auth/user-pool` is not in state/openhands.json
      help: run `ohinfra apply` to create the deployment; if it already exists, check `name` and `[state] url`
    ");
}

const SAML: &str = "[auth.saml]\nname = \"Example-SAML\"\nmetadata_url = \"https://sso.example.com/metadata\"\n";
const OIDC: &str = "[auth.oidc]\nname = \"Example-OIDC\"\nissuer = \"https://sso.example.com\"\nclient_id = \"openhands\"\nclient_secret_name = \"sso/openhands\"\n";

fn with_secret(place: &Place, version: &str) {
    let mut answers = lookups::usual();
    answers["secretsmanager.secret"] = json!({
        "arn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:sso", "tags": {}, "deleted": false, "version": version,
    });
    place.write("cloud.look-ups", &answers.to_string());
}

/// Returns the identity providers of the app client.
fn listed(place: &Place) -> Value {
    place.cloud().object("auth/client").unwrap().inputs["identity_providers"].clone()
}

#[test]
fn a_company_login_is_added_changed_and_removed() {
    let _filters = filtered();
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d+ unchanged", "<n> unchanged");
    let _more = settings.bind_to_scope();
    let place = Place::new();
    with_secret(&place, "1");
    place.succeed(&["apply", "--yes"]);
    place.write("ohinfra.toml", &format!("{CONFIGURATION}{SAML}sign_out = true\n{OIDC}"));
    insta::assert_snapshot!(place.succeed(&["plan"]), @r#"
    auth
      ~ client  cognito.user_pool_client cognito-user-pool-client-<n>
          identity_providers = ["COGNITO"] → ["COGNITO", (known after apply), (known after apply)]
      + oidc-provider  cognito.identity_provider
          attribute_mapping     = { email = "email", email_verified = "email_verified", username = "sub" }
          client_id             = "openhands"
          client_secret_arn     = "arn:aws:secretsmanager:us-west-2:123456789012:secret:sso"
          client_secret_version = "1"
          issuer                = "https://sso.example.com"
          provider_name         = "Example-OIDC"
          provider_type         = "OIDC"
          scopes                = ["openid", "email", "profile"]
          user_pool_id          = "cognito-user-pool-<n>"
      + saml-provider  cognito.identity_provider
          attribute_mapping = { email = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress" }
          metadata_url      = "https://sso.example.com/metadata"
          provider_name     = "Example-SAML"
          provider_type     = "SAML"
          sign_out          = true
          user_pool_id      = "cognito-user-pool-<n>"

    Plan: 2 to create, 1 to update, <n> unchanged.
    Estimated time: 4 s (critical path: auth/saml-provider → auth/client)
    "#);
    place.succeed(&["apply", "--yes"]);
    assert_eq!(listed(&place), json!(["COGNITO", "Example-SAML", "Example-OIDC"]));
    let outputs = place.succeed(&["output"]);
    let of_login: Vec<&str> = outputs.lines().filter(|line| line.contains("saml_") || line.contains("oidc_")).collect();
    insta::assert_snapshot!(of_login.join("\n"), @"
    auth.oidc_redirect_url            https://full_domain.cognito-user-pool-domain-<n>/oauth2/idpresponse
    auth.saml_entity_id               urn:amazon:cognito:sp:cognito-user-pool-<n>
    auth.saml_logout_url              https://full_domain.cognito-user-pool-domain-<n>/saml2/logout
    auth.saml_redirect_url            https://full_domain.cognito-user-pool-domain-<n>/saml2/idpresponse
    ");
    assert!(place.succeed(&["plan"]).starts_with("No changes"));

    with_secret(&place, "2");
    let plan = place.succeed(&["plan"]);
    assert!(plan.contains("client_secret_version = \"1\" → \"2\"") && plan.contains("Plan: 1 to update"), "{plan}");
    place.succeed(&["apply", "--yes"]);

    place.write("ohinfra.toml", &format!("{CONFIGURATION}[auth]\nlocal_login = false\n{SAML}"));
    place.succeed(&["apply", "--yes"]);
    assert_eq!(listed(&place), json!(["Example-SAML"]));
    assert!(place.cloud().object("auth/oidc-provider").is_none());
    insta::assert_snapshot!(place.fail(&["users", "invite", "ada@example.com"]), @"
    error: invitations are not available: `auth.local_login` is `false`, and all users log in through the company login
      help: grant access at the identity provider, or set `local_login = true` in [auth] and run `ohinfra apply`
    ");
    place.write("ohinfra.toml", CONFIGURATION);
    place.succeed(&["apply", "--yes"]);
    assert_eq!(listed(&place), json!(["COGNITO"]));
    assert!(place.cloud().object("auth/saml-provider").is_none());
}

#[test]
fn a_missing_client_secret_is_reported_with_the_command_to_store_it() {
    let place = Place::new();
    place.write("ohinfra.toml", &format!("{CONFIGURATION}{OIDC}"));
    insta::assert_snapshot!(place.fail(&["plan"]), @"
    error: auth.oidc.client_secret_name: secret `sso/openhands` not found in us-west-2
      help: store the client secret: `aws secretsmanager create-secret --name sso/openhands --region us-west-2 --secret-string file://FILE`
    ");
}

#[test]
fn saml_metadata_can_be_a_file_next_to_the_configuration() {
    let place = Place::new();
    let saml = "[auth.saml]\nname = \"Example-SAML\"\nmetadata_file = \"idp.xml\"\n";
    place.write("ohinfra.toml", &format!("{CONFIGURATION}{saml}"));
    insta::assert_snapshot!(place.fail(&["validate"]), @"
    error: auth.saml.metadata_file: failed to read idp.xml: No such file or directory (os error 2)
      help: the path is relative to the configuration file
    ");
    place.write("idp.xml", "<html>log in first</html>");
    insta::assert_snapshot!(place.fail(&["validate"]), @"
    error: auth.saml.metadata_file: idp.xml is not SAML metadata
      help: download the metadata of the identity provider: XML with an `EntityDescriptor`
    ");
    place.write("idp.xml", "<?xml version=\"1.0\"?><md:EntityDescriptor entityID=\"a\"/>");
    place.succeed(&["apply", "--yes"]);
    let provider = place.cloud().object("auth/saml-provider").unwrap();
    assert!(provider.inputs["metadata"].as_str().unwrap().contains("entityID=\"a\""));
    assert!(place.succeed(&["plan"]).starts_with("No changes"));
    place.write("idp.xml", "<md:EntityDescriptor entityID=\"b\"/>");
    assert!(place.succeed(&["plan"]).contains("Plan: 1 to update"));
}
