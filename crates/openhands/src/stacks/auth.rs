//! auth: the user pool and its sign-in. One pool for all edges, in us-east-1 like CloudFront.

use ohinfra_core::Text;
use ohinfra_kinds::cognito::{
    Asset, IdentityProvider, IdentityProviderInputs, ManagedLoginBranding, ManagedLoginBrandingInputs, UserPoolClient,
    UserPoolClientInputs, UserPoolDomain, UserPoolDomainInputs, UserPoolInputs,
};
use ohinfra_kinds::secretsmanager::{Secret, SecretContent, SecretInputs};
use ohinfra_kinds::ssm::{Parameter, ParameterInputs};
use ohinfra_plan::graph::{Handle, Options};

use super::builder::StackBuilder;
use crate::addresses::USER_POOL;
use crate::configuration::{Host, SamlMetadata};
use crate::payload::PayloadError;
use crate::payload::mail::{ASSETS, BRANDING, invitation, verification};

/// Lifetime of an ID token, and thereby of a session, in hours.
pub const SESSION_HOURS: i32 = 24;

/// Resources that other stacks reference.
pub(super) struct Auth {
    pub(super) user_pool: Handle,
    pub(super) domain: Handle,
    pub(super) client: Handle,
    pub(super) client_secret: Handle,
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// Claims the name of the deployment for its main region.
///
/// Ownership of resources in us-east-1 and of global resources (the user pool, Lambda@Edge functions, their roles, the web ACL) is
/// determined by the deployment's name and the address, which a second deployment with this name in another region would share. The
/// claim has a name that is unique in the account, and the region in its address. For a second region, the claim is therefore a
/// foreign resource, and the plan is refused.
fn claim(builder: &mut StackBuilder<'_>) -> Handle {
    let configuration = builder.configuration;
    let region = match &configuration.host {
        Host::Vpc(_) => &configuration.region,
        Host::Backend(backend) => &backend.region,
    };
    builder.add_retained::<Parameter>(
        &format!("claim-{region}"),
        &ParameterInputs {
            parameter_name: builder.environment.names.claim(),
            description: "The region of the OpenHands deployment of this name".to_owned(),
            parameter_type: "String".to_owned(),
            value: Some(Text::from(region.as_str())),
            secret_arn: None,
            secret_version: None,
        },
    )
}

pub(super) fn build(builder: &mut StackBuilder<'_>) -> Result<Auth, PayloadError> {
    let (configuration, names) = (builder.configuration, &builder.environment.names);
    let domains = &configuration.auth.callback_domains;
    let site = &configuration.site_name;
    let (invited, verified) = (invitation(site, domains)?, verification(site, domains)?);
    let claim = claim(builder);
    let user_pool = builder.add_at(
        &USER_POOL,
        &UserPoolInputs {
            pool_name: site.clone(),
            email_sign_in: true,
            admin_create_only: true,
            password_minimum_length: 8,
            password_requirements: texts(&["lowercase", "numbers", "symbols", "uppercase"]),
            auto_verified_attributes: texts(&["email"]),
            recovery: texts(&["verified_email"]),
            deletion_protection: true,
            software_token_mfa: "OPTIONAL".to_owned(),
            invitation_subject: invited.subject,
            invitation_message: invited.body,
            verification_option: "CONFIRM_WITH_CODE".to_owned(),
            verification_subject: verified.subject,
            verification_message: verified.body,
        },
        Options { retain: true, after: vec![claim], ..Options::default() },
    );
    let suffix = &configuration.auth.domain_prefix_suffix;
    let domain = builder.add::<UserPoolDomain>(
        "user-pool-domain",
        &UserPoolDomainInputs {
            domain: format!("{}-{}-{suffix}", names.prefix, names.account),
            user_pool_id: user_pool.attribute("id"),
            managed_login_version: 2,
        },
    );
    let providers = providers(builder, &user_pool, &domain);
    let client = client(builder, &user_pool, domains, &providers);
    let assets = ASSETS.iter().map(|asset| Asset {
        category: asset.category.to_owned(),
        color_mode: asset.color_mode.to_owned(),
        extension: "SVG".to_owned(),
        text: asset.svg.to_owned(),
    });
    builder.add_after::<ManagedLoginBranding>(
        "branding",
        &ManagedLoginBrandingInputs {
            user_pool_id: user_pool.attribute("id"),
            client_id: client.attribute("client_id"),
            settings: BRANDING.to_owned(),
            assets: assets.collect(),
            customized: None,
        },
        vec![domain.clone()],
    );
    let client_secret = builder.add::<Secret>(
        "client-secret",
        &SecretInputs {
            secret_name: format!("{}/cognito-client-secret-{suffix}", names.prefix),
            description: "The secret of OpenHands' login client".to_owned(),
            content: SecretContent::UserPoolClient {
                user_pool_id: user_pool.attribute("id"),
                client_id: client.attribute("client_id"),
                region: "us-east-1".to_owned(),
            },
            scheduled_for_deletion: false,
            kms_key_id: None,
        },
    );
    builder.output("user_pool_id", user_pool.attribute("id"));
    builder.output("user_pool_domain", domain.attribute("full_domain"));
    builder.output("user_pool_client_id", client.attribute("client_id"));
    builder.output("client_secret_name", client_secret.attribute("name"));
    Ok(Auth { user_pool, domain, client, client_secret })
}

/// Adds the external identity providers, and the outputs that their administrators need.
fn providers(builder: &mut StackBuilder<'_>, user_pool: &Handle, domain: &Handle) -> Vec<Handle> {
    let login = &builder.configuration.auth;
    let secret = builder.environment.oidc_client_secret.clone();
    let address = |path: &str| Text::from("https://") + domain.attribute("full_domain") + path;
    let mut providers = Vec::new();
    if let Some(saml) = &login.saml {
        let (metadata_url, metadata) = match &saml.metadata {
            SamlMetadata::Url(url) => (Some(url.clone()), None),
            SamlMetadata::Text(text) => (None, Some(text.clone())),
            // Only commands that do not read files reach this case.
            SamlMetadata::File(name) => (None, Some(format!("(the content of {name})"))),
        };
        providers.push(builder.add::<IdentityProvider>(
            "saml-provider",
            &IdentityProviderInputs {
                user_pool_id: user_pool.attribute("id"),
                provider_name: saml.name.clone(),
                provider_type: "SAML".to_owned(),
                attribute_mapping: saml.attributes.clone(),
                metadata_url,
                metadata,
                sign_out: Some(saml.sign_out),
                ..IdentityProviderInputs::default()
            },
        ));
        builder.output("saml_redirect_url", address("/saml2/idpresponse"));
        builder.output("saml_entity_id", Text::from("urn:amazon:cognito:sp:") + user_pool.attribute("id"));
        if saml.sign_out {
            builder.output("saml_logout_url", address("/saml2/logout"));
        }
    }
    if let Some(oidc) = &login.oidc {
        providers.push(builder.add::<IdentityProvider>(
            "oidc-provider",
            &IdentityProviderInputs {
                user_pool_id: user_pool.attribute("id"),
                provider_name: oidc.name.clone(),
                provider_type: "OIDC".to_owned(),
                attribute_mapping: oidc.attributes.clone(),
                issuer: Some(oidc.issuer.clone()),
                client_id: Some(oidc.client_id.clone()),
                client_secret_arn: secret.as_ref().map(|secret| Text::from(secret.arn.as_str())),
                client_secret_version: secret.as_ref().map(|secret| Text::from(secret.version.as_str())),
                scopes: Some(oidc.scopes.clone()),
                ..IdentityProviderInputs::default()
            },
        ));
        builder.output("oidc_redirect_url", address("/oauth2/idpresponse"));
    }
    providers
}

fn client(builder: &mut StackBuilder<'_>, user_pool: &Handle, domains: &[String], providers: &[Handle]) -> Handle {
    let local = builder.configuration.auth.local_login.then(|| Text::from("COGNITO"));
    // References to the providers: the client lists a provider only after its creation, and drops it before its deletion.
    let identity_providers = local.into_iter().chain(providers.iter().map(|provider| provider.attribute("name")));
    let urls = |path: &str| domains.iter().map(|domain| format!("https://{domain}{path}")).collect();
    let user_pool_id: Text = user_pool.attribute("id");
    builder.add::<UserPoolClient>(
        "client",
        &UserPoolClientInputs {
            user_pool_id,
            client_name: builder.configuration.site_name.clone(),
            generate_secret: true,
            callback_urls: urls("/_callback"),
            logout_urls: urls("/"),
            oauth_enabled: true,
            oauth_flows: texts(&["code"]),
            oauth_scopes: texts(&["openid", "email", "profile"]),
            explicit_flows: texts(&["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]),
            identity_providers: identity_providers.collect(),
            prevent_user_existence_errors: true,
            access_token_minutes: 60,
            id_token_minutes: SESSION_HOURS * 60,
            refresh_token_minutes: 43200,
            token_revocation: true,
        },
    )
}
