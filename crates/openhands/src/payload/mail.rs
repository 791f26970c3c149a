//! Emails sent by Cognito, and the branding of its login page.

use serde_json::{Value, json};

use super::template::{PayloadError, render};

/// The Cognito limit for an email, in characters.
pub const LARGEST_MAIL: usize = 20_000;

/// The Cognito placeholder for a code or a temporary password.
const CODE: &str = "{####}";

/// An email sent by Cognito. It contains the Cognito placeholders `{username}` and `{####}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The HTML body.
    pub body: String,
}

fn mail(name: &str, template: &str, subject: String, values: &Value) -> Result<Mail, PayloadError> {
    let body = render(name, template, values)?;
    let length = body.chars().count();
    if length > LARGEST_MAIL {
        return Err(PayloadError::TooLarge { name: name.to_owned(), bytes: length, limit: LARGEST_MAIL });
    }
    Ok(Mail { subject, body })
}

/// Returns the email to a new user, with the URL of every domain.
pub fn invitation(site: &str, domains: &[String]) -> Result<Mail, PayloadError> {
    let template = include_str!("../../payload/mail/invitation.html.tmpl");
    let values = json!({ "site_name": site, "domains": domains, "code": CODE, "username": "{username}" });
    mail("mail/invitation.html.tmpl", template, format!("Welcome to {site}"), &values)
}

/// Returns the email with a verification code.
pub fn verification(site: &str, domains: &[String]) -> Result<Mail, PayloadError> {
    let template = include_str!("../../payload/mail/verification.html.tmpl");
    let values = json!({ "site_name": site, "domains": domains, "code": CODE });
    mail("mail/verification.html.tmpl", template, format!("Your {site} Verification Code"), &values)
}

/// The settings of the login page: dark mode, a centered form with the logo. Other settings have Cognito defaults.
pub const BRANDING: &str = include_str!("../../payload/branding/settings.json");

/// An image of the login page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The Cognito category.
    pub category: &'static str,
    /// The color mode: `DARK` or `LIGHT`.
    pub color_mode: &'static str,
    /// The image as SVG.
    pub svg: &'static str,
}

/// The images of the login page.
pub const ASSETS: &[Asset] = &[
    Asset { category: "FORM_LOGO", color_mode: "DARK", svg: include_str!("../../payload/branding/logo-dark.svg") },
    Asset { category: "FORM_LOGO", color_mode: "LIGHT", svg: include_str!("../../payload/branding/logo-light.svg") },
    Asset { category: "FAVICON_SVG", color_mode: "DARK", svg: include_str!("../../payload/branding/favicon-dark.svg") },
    Asset {
        category: "FAVICON_SVG",
        color_mode: "LIGHT",
        svg: include_str!("../../payload/branding/favicon-light.svg"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_have_placeholders_and_all_domains_and_escape_names() {
        let domains = ["a.example.com".to_owned(), "b.example.com".to_owned()];
        for mail in [invitation("A <b> & Co", &domains).unwrap(), verification("A <b> & Co", &domains).unwrap()] {
            assert!(mail.body.contains("{####}") && mail.subject.contains("A <b> & Co"));
            assert!(mail.body.contains("A &lt;b&gt; &amp; Co") && !mail.body.contains("<b> &"), "{}", mail.body);
            for domain in &domains {
                assert!(mail.body.contains(&format!("<a href=\"https://{domain}/\"")), "{}", mail.body);
            }
            assert!(mail.body.contains("<html lang=\"en\">") && mail.body.contains("<title>"));
            assert!(!mail.body.contains("{{") && !mail.body.contains("{%"));
        }
        assert!(invitation("x", &domains).unwrap().body.contains("{username}"));
        let many = vec!["x".repeat(200); 100];
        assert!(matches!(invitation("x", &many), Err(PayloadError::TooLarge { .. })));
    }

    #[test]
    fn images_have_only_elements_and_attributes_that_cognito_accepts() {
        // Cognito rejects elements and attributes outside an undocumented list, for example `dominant-baseline`.
        let elements = ["svg", "g", "path", "text"];
        let attributes = ["xmlns", "viewBox", "width", "height", "fill", "d", "x", "y", "font-family", "font-size"];
        for Asset { svg, color_mode, .. } in ASSETS {
            assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
            for tag in svg.split('<').skip(1) {
                let (tag, _) = tag.split_once('>').unwrap();
                let element = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
                assert!(elements.contains(&element), "{element}");
                // The text before a quoted value ends with the attribute name.
                for named in tag.split('"').step_by(2).filter_map(|part| part.strip_suffix('=')) {
                    let name = named.rsplit(' ').next().unwrap();
                    assert!(attributes.contains(&name) || name.starts_with("stroke"), "{name}");
                }
            }
            let dark = svg.contains("#f5f5f5");
            assert_eq!(dark, *color_mode == "DARK", "light shapes in dark mode");
        }
    }

    #[test]
    fn the_login_page_shows_the_logo_and_is_dark() {
        let settings: Value = serde_json::from_str(BRANDING).unwrap();
        assert_eq!(settings["components"]["form"]["logo"]["enabled"], true);
        assert_eq!(settings["categories"]["global"]["colorSchemeMode"], "DARK");
    }
}
