//! The bootstrap on a real PostgreSQL, by a master that is what RDS gives: no superuser.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ohinfra_openhands::payload::database::{Bootstrap, script, verifier};
use tempfile::TempDir;

const PASSWORD: &str = "the-pass'word-that%no;log$holds";

/// A server of its own, on a socket in a folder of its own. It ends with this value.
struct Server {
    folder: TempDir,
}

/// Debian keeps the programs of every version apart.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path().join("bin")).collect();
    versions.sort();
    versions.pop().unwrap()
}

/// PostgreSQL refuses to be run by root.
fn command(program: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout != b"0\n" {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Self { folder };
        run(Command::new("chmod").arg("777").arg(server.folder.path()));
        let (data, log) = (server.path("data"), server.path("log"));
        let mut init = command(&programs().join("initdb"));
        run(init.arg("-D").arg(&data).args(["-U", "postgres", "-A", "scram-sha-256"]).arg(server.password_argument()));
        // Everything is logged, as the strictest parameter group would have it.
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c log_statement=all -c log_min_duration_statement=0",
            server.folder.path().display()
        );
        let mut start = command(&programs().join("pg_ctl"));
        start.arg("-D").arg(&data).arg("-w").arg("-l").arg(&log).arg("-o").arg(options).arg("start");
        // The server keeps what it was given as its outputs.
        assert!(start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
        // What RDS has: a role that marks who logs in with IAM's tokens, and a master.
        let setup = "CREATE ROLE rds_iam; CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'master';";
        server.superuser("postgres", setup);
        server.superuser("postgres", "CREATE DATABASE openhands OWNER master");
        server
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn password_argument(&self) -> String {
        let path = self.path("password");
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), b"postgres").unwrap();
        format!("--pwfile={}", path.display())
    }

    /// What a role sees when it runs a text; the error if it fails.
    fn sql(&self, user: &str, password: &str, database: &str, text: &str) -> Result<String, String> {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-h"])
            .arg(self.folder.path())
            .env("PGPASSWORD", password)
            .env("PGOPTIONS", "-c client_min_messages=warning")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = psql.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
    }

    fn superuser(&self, database: &str, text: &str) {
        assert_eq!(self.sql("postgres", "postgres", database, text), Ok(String::new()));
    }

    fn master(&self, text: &str) -> Result<String, String> {
        self.sql("master", "master", "openhands", text)
    }

    fn log(&self) -> String {
        let log = run(Command::new("cat").arg(self.path("log")));
        String::from_utf8_lossy(&log.stdout).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has failed to start needs no end, and its files belong to its own user.
        let mut stop = command(&programs().join("pg_ctl"));
        let _ = stop.arg("-D").arg(self.path("data")).args(["-m", "immediate", "stop"]).output();
        let _ = Command::new("rm").arg("-rf").arg(self.path("data")).arg(self.path("log")).output();
    }
}

#[test]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` installs them and runs it"]
fn the_bootstrap_run_twice_gives_both_roles_their_privileges_and_no_log_the_password() {
    let server = Server::start();
    let bootstrap = script(&Bootstrap::default().transactions(&verifier(PASSWORD)).unwrap());
    assert_eq!(server.master(&bootstrap), Ok(String::new()));

    // OpenHands makes its tables through the proxy; an operator comes with a token of IAM's.
    let proxy = |text: &str| server.sql("openhands_proxy", PASSWORD, "openhands", text);
    let made = proxy("CREATE TABLE conversation (id serial PRIMARY KEY, status eventcallbackstatus)");
    assert_eq!(made, Ok(String::new()));
    let inserted = "INSERT INTO conversation (status) VALUES ('ACTIVE'), ('DISABLED'), ('COMPLETED'), ('ERROR')";
    assert_eq!(proxy(inserted), Ok(String::new()));
    assert!(proxy("INSERT INTO conversation (status) VALUES ('OTHER')").is_err());
    server.master("CREATE TABLE masters (id serial)").unwrap();

    let state = "SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname LIKE 'openhands%' ORDER BY 1;
        SELECT roleid::regrole, member::regrole FROM pg_auth_members WHERE member::regrole::text !~ '^pg_' ORDER BY 1, 2;
        SELECT defaclrole::regrole, defaclobjtype, array(SELECT unnest(defaclacl)::text ORDER BY 1) FROM pg_default_acl ORDER BY 1, 2;
        SELECT datacl FROM pg_database WHERE datname = 'openhands';
        SELECT enumlabel FROM pg_enum ORDER BY enumsortorder;";
    let before = server.master(state).unwrap();
    // Again, with tables of everybody's there.
    assert_eq!(server.master(&bootstrap), Ok(String::new()));
    assert_eq!(server.master(state).unwrap(), before);
    // A master that were a member of the role that logs in with tokens could not use its password any more.
    let roles = "openhands_iam|t|f|f|f\nopenhands_proxy|t|f|f|f\nrds_iam|openhands_iam\n";
    assert!(before.starts_with(roles), "{before}");

    // Both may do everything with each other's tables and sequences, now and later.
    server.superuser("openhands", "ALTER ROLE openhands_iam PASSWORD 'token'");
    let iam = |text: &str| server.sql("openhands_iam", "token", "openhands", text);
    iam("CREATE TABLE iams (id serial)").unwrap();
    server.master("CREATE TABLE later (id serial)").unwrap();
    proxy("CREATE TABLE proxys (id serial)").unwrap();
    for table in ["conversation", "masters", "later", "proxys", "iams"] {
        for role in [&iam as &dyn Fn(&str) -> Result<String, String>, &proxy] {
            let everything = format!(
                "INSERT INTO {table} DEFAULT VALUES; UPDATE {table} SET id = id; DELETE FROM {table}; TRUNCATE {table}"
            );
            assert_eq!(role(&everything), Ok(String::new()), "{table}");
        }
    }
    assert!(iam("CREATE ROLE other").is_err() && iam("SELECT * FROM pg_authid").is_err());

    // The password works, a wrong one does not, and the server's log does not hold it.
    assert!(server.sql("openhands_proxy", "wrong", "openhands", "SELECT 1").is_err());
    let log = server.log();
    assert!(log.contains("GRANT rds_iam TO"), "everything is logged");
    for piece in [PASSWORD, "the-pass", "no;log$holds"] {
        assert!(!log.contains(piece), "the log holds the password");
    }
    // A new password takes the old one's place.
    let another = script(&Bootstrap::default().transactions(&verifier("another")).unwrap());
    assert_eq!(server.master(&another), Ok(String::new()));
    assert!(proxy("SELECT 1").is_err());
    assert_eq!(server.sql("openhands_proxy", "another", "openhands", "SELECT 1"), Ok("1".to_owned()));
}

#[test]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` installs them and runs it"]
fn where_statement_logging_can_be_switched_off_not_even_the_verifier_is_logged() {
    let server = Server::start();
    let bootstrap = script(&Bootstrap::default().transactions(&verifier(PASSWORD)).unwrap());
    server.superuser("postgres", "GRANT SET ON PARAMETER log_statement, log_min_duration_statement TO master");
    assert_eq!(server.master(&bootstrap), Ok(String::new()));
    let log = server.log();
    assert!(log.contains("GRANT rds_iam TO") && !log.contains("SCRAM-SHA-256$"), "{log}");
}
