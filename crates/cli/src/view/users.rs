//! Users as a table and as JSON.

use comfy_table::{Table, presets};
use ohinfra_core::users::{User, UserStatus};
use serde_json::{Value, json};

/// Returns the display text of a status.
pub(crate) fn status(status: &UserStatus) -> String {
    match status {
        UserStatus::Invited => "invited".to_owned(),
        UserStatus::Confirmed => "confirmed".to_owned(),
        UserStatus::External => "company login".to_owned(),
        UserStatus::Other(word) => plain(&word.to_lowercase().replace('_', " ")),
    }
}

/// Replaces control characters in external text, which could control the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Renders users as a table.
pub(crate) fn table(users: &[User]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.add_row(["EMAIL", "STATUS", "ENABLED", "CREATED", "LAST CHANGE"]);
    let day = |time: jiff::Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
    for user in users {
        let enabled = if user.enabled { "yes" } else { "no" };
        let email = if user.email.is_empty() { user.username.as_str() } else { user.email.as_str() };
        table.add_row([plain(email), status(&user.status), enabled.to_owned(), day(user.created), day(user.changed)]);
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim())).collect()
}

/// Returns users as a JSON document.
pub(crate) fn document(pool: &str, users: &[User]) -> Value {
    let user = |user: &User| {
        json!({
            "email": user.email,
            "email_verified": user.email_verified,
            "id": user.id,
            "username": user.username,
            "status": user.status.as_str(),
            "enabled": user.enabled,
            "created": user.created,
            "changed": user.changed,
        })
    };
    json!({ "format_version": 1, "user_pool_id": pool, "users": users.iter().map(user).collect::<Vec<_>>() })
}
