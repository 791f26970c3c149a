//! The SQL that prepares the database: roles, privileges, a type. Run any number of times, it ends the same.
//!
//! Statements come in transactions, for any executor: the RDS Data API takes them one by one, `psql` as a text. The executing role is
//! the cluster's master, which is no superuser: it may make roles and owns the database.

use postgres_protocol::password::scram_sha_256;

use super::template::PayloadError;

/// What is prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The database.
    pub database: String,
    /// Who logs in with IAM's tokens.
    pub iam_role: String,
    /// Who the proxy logs in as, with a password.
    pub proxy_role: String,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            database: "openhands".to_owned(),
            iam_role: "openhands_iam".to_owned(),
            proxy_role: "openhands_proxy".to_owned(),
        }
    }
}

/// Statements that take effect together or not at all.
pub type Transaction = Vec<String>;

/// The states of an event's callback, in OpenHands' own schema.
const CALLBACK_STATUS: &[&str] = &["ACTIVE", "DISABLED", "COMPLETED", "ERROR"];

/// A name in double quotes. Names are checked rather than escaped: what AWS, libpq and shells think of odd ones differs.
fn identifier(name: &str) -> Result<String, PayloadError> {
    let is_first = |c: char| c.is_ascii_lowercase() || c == '_';
    let fits = name.len() <= 63
        && name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
        && !name.starts_with("pg_");
    if fits {
        return Ok(format!("\"{name}\""));
    }
    let rule = "1 to 63 lower-case letters, digits and underscores, not beginning with a digit or `pg_`";
    Err(PayloadError::BadName { name: name.to_owned(), rule })
}

/// A text in single quotes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A block of PL/pgSQL that does something unless it is done, also when two do it at once.
fn unless(exists: &str, make: &str) -> String {
    format!(
        "DO $bootstrap$ BEGIN IF NOT EXISTS ({exists}) THEN {make}; END IF; EXCEPTION WHEN duplicate_object THEN NULL; END $bootstrap$"
    )
}

impl Bootstrap {
    /// The transactions, in order; `proxy_verifier` is what [`verifier`] has made of the proxy role's password.
    ///
    /// # Errors
    /// A name that is not one.
    pub fn transactions(&self, proxy_verifier: &str) -> Result<Vec<Transaction>, PayloadError> {
        let database = identifier(&self.database)?;
        let (iam, proxy) = (identifier(&self.iam_role)?, identifier(&self.proxy_role)?);
        let both = format!("{iam}, {proxy}");
        let role = |name: &str, quoted: &str| {
            let exists = format!("SELECT FROM pg_catalog.pg_roles WHERE rolname = {}", literal(name));
            unless(&exists, &format!("CREATE ROLE {quoted} LOGIN"))
        };
        let roles = vec![
            role(&self.iam_role, &iam),
            role(&self.proxy_role, &proxy),
            format!("GRANT rds_iam TO {iam}"),
            // Where the parameter may be set, not even the verifier is logged.
            "DO $bootstrap$ BEGIN PERFORM set_config('log_statement', 'none', true), set_config('log_min_duration_statement', '-1', true); EXCEPTION WHEN insufficient_privilege THEN NULL; END $bootstrap$".to_owned(),
            format!("ALTER ROLE {proxy} PASSWORD {}", literal(proxy_verifier)),
        ];
        // The master must be a member to speak for the roles. Not a moment longer: a member of a role that logs in with IAM's
        // tokens could not log in with its password any more.
        let mut privileges = vec![
            format!("GRANT {both} TO CURRENT_USER"),
            format!("GRANT ALL PRIVILEGES ON DATABASE {database} TO {both}"),
            format!("GRANT ALL PRIVILEGES ON SCHEMA public TO {both}"),
        ];
        for what in ["TABLES", "SEQUENCES"] {
            privileges.push(format!("GRANT ALL PRIVILEGES ON ALL {what} IN SCHEMA public TO {both}"));
            for maker in ["CURRENT_USER", &iam, &proxy] {
                privileges.push(format!(
                    "ALTER DEFAULT PRIVILEGES FOR ROLE {maker} IN SCHEMA public GRANT ALL PRIVILEGES ON {what} TO {both}"
                ));
            }
        }
        privileges.push(format!("REVOKE {both} FROM CURRENT_USER"));
        let labels: Vec<String> = CALLBACK_STATUS.iter().map(|label| literal(label)).collect();
        let exists = "SELECT FROM pg_catalog.pg_type WHERE typname = 'eventcallbackstatus' AND typnamespace = 'public'::regnamespace";
        let make = format!("CREATE TYPE public.eventcallbackstatus AS ENUM ({})", labels.join(", "));
        Ok(vec![roles, privileges, vec![unless(exists, &make)]])
    }
}

/// What the server would make of a password (SCRAM-SHA-256, with a new salt each time) and stores instead of it. Sent in its place, no
/// log of the server, however it is set, can hold the password.
pub fn verifier(password: &str) -> String {
    scram_sha_256(password.as_bytes())
}

/// Transactions as a text for `psql`.
pub fn script(transactions: &[Transaction]) -> String {
    let one = |transaction: &Transaction| format!("BEGIN;\n{};\nCOMMIT;\n", transaction.join(";\n"));
    transactions.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for name in ["", "a\"b", "a;drop table x", "Ä", "A", "1a", "a-b", "a b", "pg_x", "a'", "a\0", &"x".repeat(64)]
        {
            for field in 0..3 {
                let mut bootstrap = Bootstrap::default();
                [&mut bootstrap.database, &mut bootstrap.iam_role, &mut bootstrap.proxy_role][field]
                    .clone_from(&name.to_owned());
                assert!(matches!(bootstrap.transactions("x"), Err(PayloadError::BadName { .. })), "{name}");
            }
        }
    }

    #[test]
    fn the_password_is_in_no_statement() {
        let password = "the$pass'word";
        let text = script(&Bootstrap::default().transactions(&verifier(password)).unwrap());
        assert!(!text.contains(password) && !text.contains("the$pass") && text.contains("SCRAM-SHA-256$4096:"));
    }
}
