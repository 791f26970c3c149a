//! The SQL that bootstraps the database: roles, privileges and a type. It is idempotent.
//!
//! The statements form one transaction for any executor: the RDS Data API runs them one by one, `psql` runs them as a script. The
//! executing role is the master user of the cluster. It is not a superuser, but can create roles and owns the database.
//!
//! RDS allows members of `rds_iam` to log in only with tokens. Since PostgreSQL 16, the creator of a role is a member of it, so a
//! master user that creates the IAM role itself could no longer use its password
//! (<https://www.postgresql.org/docs/16/role-attributes.html>, role creation). A temporary helper role creates the IAM role and
//! grants it to the master user during the transaction.

use postgres_protocol::password::scram_sha_256;

use super::template::PayloadError;
use crate::names::{DATABASE_IAM_USER, DATABASE_NAME, DATABASE_PROXY_USER};

/// The names for the bootstrap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The database name.
    pub database: String,
    /// The role for IAM authentication.
    pub iam_role: String,
    /// The role of the proxy, with a password.
    pub proxy_role: String,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            database: DATABASE_NAME.to_owned(),
            iam_role: DATABASE_IAM_USER.to_owned(),
            proxy_role: DATABASE_PROXY_USER.to_owned(),
        }
    }
}

/// Statements to execute atomically.
pub type Transaction = Vec<String>;

/// The helper role that creates the IAM role. It exists only within the transaction.
const HELPER: &str = "openhands_bootstrap";

/// The first server version, in the form of `server_version_num`, where the creator of a role is a member of it.
const CREATORS_ARE_MEMBERS: u32 = 160_000;

/// The states of an event callback in the OpenHands schema.
const CALLBACK_STATUS: &[&str] = &["ACTIVE", "DISABLED", "COMPLETED", "ERROR"];

/// Quotes an identifier. Identifiers are validated instead of escaped, because AWS, libpq and shells treat special characters
/// differently.
fn identifier(name: &str) -> Result<String, PayloadError> {
    let is_first = |c: char| c.is_ascii_lowercase() || c == '_';
    let fits = name.len() <= 63
        && name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit())
        && !name.starts_with("pg_");
    if fits {
        return Ok(format!("\"{name}\""));
    }
    let rule = "use 1 to 63 lowercase letters, digits and underscores, not starting with a digit or `pg_`";
    Err(PayloadError::BadName { name: name.to_owned(), rule })
}

/// Quotes a string literal.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns a PL/pgSQL block that runs `create` unless `exists` returns a row. It tolerates concurrent execution.
fn unless(exists: &str, create: &str) -> String {
    format!(
        "DO $bootstrap$ BEGIN IF NOT EXISTS ({exists}) THEN {create}; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $bootstrap$"
    )
}

impl Bootstrap {
    /// Returns the transactions in order. `proxy_verifier` is the [`verifier`] of the password of the proxy role.
    ///
    /// # Errors
    /// Fails if a name is invalid.
    pub fn transactions(&self, proxy_verifier: &str) -> Result<Vec<Transaction>, PayloadError> {
        let database = identifier(&self.database)?;
        let (iam, proxy) = (identifier(&self.iam_role)?, identifier(&self.proxy_role)?);
        let both = format!("{iam}, {proxy}");
        let exists = format!("SELECT FROM pg_catalog.pg_roles WHERE rolname = {}", literal(&self.proxy_role));
        let mut statements = vec![
            unless(&exists, &format!("CREATE ROLE {proxy} LOGIN")),
            administer(&self.proxy_role, &proxy),
            self.iam_role(&iam, &both),
            // If the master user can set these parameters, the verifier is not logged either.
            "DO $bootstrap$ BEGIN PERFORM set_config('log_statement', 'none', true), set_config('log_min_duration_statement', '-1', true); EXCEPTION WHEN insufficient_privilege THEN NULL; END $bootstrap$".to_owned(),
            format!("ALTER ROLE {proxy} PASSWORD {}", literal(proxy_verifier)),
            format!("GRANT ALL PRIVILEGES ON DATABASE {database} TO {both}"),
            format!("GRANT ALL PRIVILEGES ON SCHEMA public TO {both}"),
            existing_relations(&both),
        ];
        statements.extend(default_privileges("CURRENT_USER", &both));
        statements.extend(default_privileges(&proxy, &both));
        let labels: Vec<String> = CALLBACK_STATUS.iter().map(|label| literal(label)).collect();
        let exists = "SELECT FROM pg_catalog.pg_type WHERE typname = 'eventcallbackstatus' AND typnamespace = 'public'::regnamespace";
        // Last, so that the type indicates a completed bootstrap.
        let create = format!("CREATE TYPE public.eventcallbackstatus AS ENUM ({})", labels.join(", "));
        statements.push(unless(exists, &create));
        Ok(vec![statements])
    }

    /// Returns the statement that creates the IAM role with default privileges on its future relations. Afterwards the master user
    /// is not a member of the role. Therefore, since [`CREATORS_ARE_MEMBERS`], an existing role cannot and need not be changed.
    fn iam_role(&self, iam: &str, both: &str) -> String {
        let exists = format!("SELECT FROM pg_catalog.pg_roles WHERE rolname = {}", literal(&self.iam_role));
        let defaults = default_privileges(iam, both).join("; ");
        format!(
            "DO $bootstrap$ DECLARE master text := current_user; BEGIN \
             IF EXISTS ({exists}) AND current_setting('server_version_num')::integer >= {CREATORS_ARE_MEMBERS} THEN RETURN; END IF; \
             CREATE ROLE {HELPER} CREATEROLE; \
             EXECUTE format('GRANT {HELPER} TO %I', master); \
             SET LOCAL ROLE {HELPER}; \
             IF NOT EXISTS ({exists}) THEN CREATE ROLE {iam} LOGIN; END IF; \
             EXECUTE format('GRANT {iam} TO %I', master); \
             SET LOCAL ROLE NONE; \
             {defaults}; \
             GRANT rds_iam TO {iam}; \
             SET LOCAL ROLE {HELPER}; \
             EXECUTE format('REVOKE {iam} FROM %I GRANTED BY {HELPER}', master); \
             SET LOCAL ROLE NONE; \
             DROP ROLE {HELPER}; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $bootstrap$"
        )
    }
}

/// Returns a statement that grants a role to the master user with the ADMIN option. Before PostgreSQL 16 the option is not
/// required, but it is granted so that it exists after an upgrade.
fn administer(name: &str, quoted: &str) -> String {
    let name = literal(name);
    format!(
        "DO $bootstrap$ BEGIN IF pg_has_role(current_user, {name}, 'MEMBER WITH ADMIN OPTION') \
         THEN GRANT {quoted} TO CURRENT_USER; ELSE GRANT {quoted} TO CURRENT_USER WITH ADMIN OPTION; END IF; END $bootstrap$"
    )
}

/// Returns statements that grant all privileges on future relations of a role in the schema.
fn default_privileges(creator: &str, to: &str) -> Vec<String> {
    let grant = |what: &str| {
        format!("ALTER DEFAULT PRIVILEGES FOR ROLE {creator} IN SCHEMA public GRANT ALL PRIVILEGES ON {what} TO {to}")
    };
    ["TABLES", "SEQUENCES"].map(grant).into()
}

/// Returns a statement that grants all privileges on relations that the master user owns directly or through membership.
/// Relations of the IAM role are covered by its default privileges.
fn existing_relations(to: &str) -> String {
    format!(
        "DO $bootstrap$ DECLARE relation record; BEGIN \
         FOR relation IN SELECT oid::regclass AS name, relkind FROM pg_catalog.pg_class \
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND pg_has_role(relowner, 'USAGE') \
         LOOP EXECUTE format('GRANT ALL PRIVILEGES ON %s %s TO {to}', \
         CASE relation.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relation.name); \
         END LOOP; END $bootstrap$"
    )
}

/// Returns the SCRAM-SHA-256 verifier of a password, with a new salt in each call. The server stores the verifier; sending it
/// instead of the password keeps the password out of server logs, regardless of logging parameters.
pub fn verifier(password: &str) -> String {
    scram_sha_256(password.as_bytes())
}

/// Returns the transactions as a script for `psql`.
pub fn script(transactions: &[Transaction]) -> String {
    let one = |transaction: &Transaction| format!("BEGIN;\n{};\nCOMMIT;\n", transaction.join(";\n"));
    transactions.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_rejected() {
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
    fn statements_do_not_contain_the_password() {
        let password = "the$pass'word";
        let text = script(&Bootstrap::default().transactions(&verifier(password)).unwrap());
        assert!(!text.contains(password) && !text.contains("the$pass") && text.contains("SCRAM-SHA-256$4096:"));
    }
}
