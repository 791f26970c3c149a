//! The SQL that prepares the database: roles, privileges, a type. Run any number of times, it ends the same.
//!
//! Statements come in one transaction, for any executor: the RDS Data API takes them one by one, `psql` as a text. The executing role
//! is the cluster's master, which is no superuser: it may create roles and owns the database.
//!
//! RDS lets members of `rds_iam` log in with tokens only. From PostgreSQL 16 on, the creator of a role is a member of it, so a master
//! that creates the IAM role itself would lose its own password (<https://www.postgresql.org/docs/16/role-attributes.html>, role
//! creation). A helper role creates the IAM role, lends it to the master for the transaction, and is dropped at its end.

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

/// Creates the IAM role. Exists only within the transaction.
const HELPER: &str = "openhands_bootstrap";

/// The major version from which the creator of a role is a member of it.
const CREATORS_ARE_MEMBERS: u32 = 160_000;

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
        "DO $bootstrap$ BEGIN IF NOT EXISTS ({exists}) THEN {make}; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $bootstrap$"
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
        let exists = format!("SELECT FROM pg_catalog.pg_roles WHERE rolname = {}", literal(&self.proxy_role));
        let mut statements = vec![
            unless(&exists, &format!("CREATE ROLE {proxy} LOGIN")),
            administer(&self.proxy_role, &proxy),
            self.iam_role(&iam, &both),
            // Where the parameter may be set, not even the verifier is logged.
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
        // Last: the type shows that all of this was done.
        let make = format!("CREATE TYPE public.eventcallbackstatus AS ENUM ({})", labels.join(", "));
        statements.push(unless(exists, &make));
        Ok(vec![statements])
    }

    /// Creates the IAM role with the privileges on what it will create. Afterwards the master has no part in it, so from
    /// [`CREATORS_ARE_MEMBERS`] on nothing of an existing one can or need be changed.
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

/// Makes the master a member of a role, with the right to alter it. Before PostgreSQL 16 the right is not needed; granted all the
/// same, it survives an upgrade.
fn administer(name: &str, quoted: &str) -> String {
    let name = literal(name);
    format!(
        "DO $bootstrap$ BEGIN IF pg_has_role(current_user, {name}, 'MEMBER WITH ADMIN OPTION') \
         THEN GRANT {quoted} TO CURRENT_USER; ELSE GRANT {quoted} TO CURRENT_USER WITH ADMIN OPTION; END IF; END $bootstrap$"
    )
}

/// All privileges on what a role will create in the schema.
fn default_privileges(creator: &str, to: &str) -> Vec<String> {
    let grant = |what: &str| {
        format!("ALTER DEFAULT PRIVILEGES FOR ROLE {creator} IN SCHEMA public GRANT ALL PRIVILEGES ON {what} TO {to}")
    };
    ["TABLES", "SEQUENCES"].map(grant).into()
}

/// All privileges on the tables and sequences that the master has a part in. The IAM role's own come with its default privileges.
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
