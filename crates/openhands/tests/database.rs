//! Tests of the database bootstrap on PostgreSQL, run by a master user that, as in RDS, is not a superuser.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ohinfra_openhands::payload::database::{Bootstrap, script, verifier};
use tempfile::TempDir;

const PASSWORD: &str = "the-pass'word-that%no;log$holds";

/// A PostgreSQL server on a socket in a temporary directory. Dropping the value stops the server.
struct Server {
    folder: TempDir,
    programs: PathBuf,
}

/// Returns the installation directories of all versions: those of Debian, and those set by `cargo xtask test`.
fn versions() -> Vec<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path());
    let more = std::env::var_os("OHINFRA_TEST_POSTGRESQL").unwrap_or_default();
    let mut versions: Vec<PathBuf> = debian.chain(std::env::split_paths(&more)).collect();
    versions.retain(|path| path.join("bin/postgres").exists());
    assert!(!versions.is_empty());
    versions
}

/// Returns a command that does not run as root, which PostgreSQL refuses.
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
    fn start(version: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        run(Command::new("chmod").arg("777").arg(folder.path()));
        // The installation directory may be readable only by root.
        let programs = folder.path().join("programs");
        run(Command::new("cp").arg("-r").arg(version).arg(&programs));
        let server = Self { folder, programs: programs.join("bin") };
        let (data, log) = (server.path("data"), server.path("log"));
        let mut init = command(&server.programs.join("initdb"));
        run(init.arg("-D").arg(&data).args(["-U", "postgres", "-A", "scram-sha-256"]).arg(server.password_argument()));
        // As in RDS, direct and indirect members of `rds_iam` must log in with a token. No tokens exist in this test.
        let rules = "local all +rds_iam reject\nlocal all all scram-sha-256\n";
        let mut write = command(Path::new("tee"));
        write.arg(data.join("pg_hba.conf")).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = write.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), rules.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        // Log all statements, as with the strictest parameter group.
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c log_statement=all -c log_min_duration_statement=0",
            server.folder.path().display()
        );
        let mut start = command(&server.programs.join("pg_ctl"));
        start.arg("-D").arg(&data).arg("-w").arg("-l").arg(&log).arg("-o").arg(options).arg("start");
        // The server inherits and keeps the output streams, so they must not be pipes.
        assert!(start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
        // Roles that exist in RDS: the group of roles with IAM authentication, and the master user.
        let setup = "CREATE ROLE rds_iam; CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'master';
            CREATE FUNCTION grant_rds_iam(role text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
            AS $$ BEGIN EXECUTE format('GRANT rds_iam TO %I', role); END $$;";
        server.superuser("template1", setup);
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

    /// Runs SQL as a role and returns the output or the error.
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
        let trimmed = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(trimmed(&output.stdout)) } else { Err(trimmed(&output.stderr)) }
    }

    fn superuser(&self, database: &str, text: &str) {
        assert_eq!(self.sql("postgres", "postgres", database, text), Ok(String::new()));
    }

    fn master(&self, text: &str) -> Result<String, String> {
        self.sql("master", "master", "openhands", text)
    }

    /// Runs SQL as a role that cannot log in to this server.
    fn as_role(&self, role: &str, text: &str) -> Result<String, String> {
        self.sql("postgres", "postgres", "openhands", &format!("SET SESSION AUTHORIZATION {role};\n{text}"))
    }

    fn log(&self) -> String {
        let log = run(Command::new("cat").arg(self.path("log")));
        String::from_utf8_lossy(&log.stdout).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Stopping fails if the server did not start. The files belong to the user of the server, so remove them explicitly.
        let mut stop = command(&self.programs.join("pg_ctl"));
        let _ = stop.arg("-D").arg(self.path("data")).args(["-m", "immediate", "stop"]).output();
        let _ = Command::new("rm").arg("-rf").arg(self.path("data")).arg(self.path("log")).output();
    }
}

/// Returns the script as run by the master user. RDS allows the master user to grant `rds_iam` without membership; plain
/// PostgreSQL 16 requires membership with the ADMIN option. Therefore a function replaces this statement.
fn bootstrap(password: &str) -> String {
    let text = script(&Bootstrap::default().transactions(&verifier(password)).unwrap());
    let grant = "GRANT rds_iam TO \"openhands_iam\"";
    assert!(text.contains(grant));
    text.replace(grant, "PERFORM grant_rds_iam('openhands_iam')")
}

#[test]
#[ignore = "requires PostgreSQL; run with `cargo xtask test`"]
fn the_bootstrap_is_idempotent_and_does_not_log_the_password() {
    for version in versions() {
        check_bootstrap(&Server::start(&version));
    }
}

fn check_bootstrap(server: &Server) {
    let script = bootstrap(PASSWORD);
    assert_eq!(server.master(&script), Ok(String::new()));

    // OpenHands creates its tables through the proxy; operators connect with IAM tokens.
    let proxy = |text: &str| server.sql("openhands_proxy", PASSWORD, "openhands", text);
    let created = proxy("CREATE TABLE conversation (id serial PRIMARY KEY, status eventcallbackstatus)");
    assert_eq!(created, Ok(String::new()));
    let inserted = "INSERT INTO conversation (status) VALUES ('ACTIVE'), ('DISABLED'), ('COMPLETED'), ('ERROR')";
    assert_eq!(proxy(inserted), Ok(String::new()));
    assert!(proxy("INSERT INTO conversation (status) VALUES ('OTHER')").is_err());
    server.master("CREATE TABLE masters (id serial)").unwrap();

    let state = "SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname LIKE 'openhands%' ORDER BY 1;
        SELECT DISTINCT roleid::regrole::text, member::regrole::text FROM pg_auth_members WHERE member::regrole::text !~ '^pg_' ORDER BY 1, 2;
        SELECT defaclrole::regrole, defaclobjtype, array(SELECT unnest(defaclacl)::text ORDER BY 1) FROM pg_default_acl ORDER BY 1, 2;
        SELECT datacl FROM pg_database WHERE datname = 'openhands';
        SELECT enumlabel FROM pg_enum ORDER BY enumsortorder;";
    let before = server.master(state).unwrap();
    // Run again, with existing tables of all roles.
    assert_eq!(server.master(&script), Ok(String::new()));
    assert_eq!(server.master(state).unwrap(), before);
    // The master user is not a member of the IAM role, otherwise it could not log in with a password. The helper role is dropped.
    let roles = "openhands_iam|t|f|f|f\nopenhands_proxy|t|f|f|f\nopenhands_proxy|master\nrds_iam|openhands_iam\n";
    assert!(before.starts_with(roles), "{before}");

    // Both roles have all privileges on each other's existing and future tables and sequences.
    let iam = |text: &str| server.as_role("openhands_iam", text);
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

    // The password works, a wrong password does not, and the server log does not contain the password.
    assert!(server.sql("openhands_proxy", "wrong", "openhands", "SELECT 1").is_err());
    let log = server.log();
    assert!(log.contains("grant_rds_iam"), "all statements are logged");
    for piece in [PASSWORD, "the-pass", "no;log$holds"] {
        assert!(!log.contains(piece), "the log contains the password");
    }
    // A new password replaces the old one.
    assert_eq!(server.master(&bootstrap("another")), Ok(String::new()));
    assert!(proxy("SELECT 1").is_err());
    assert_eq!(server.sql("openhands_proxy", "another", "openhands", "SELECT 1"), Ok("1".to_owned()));
}

#[test]
#[ignore = "requires PostgreSQL; run with `cargo xtask test`"]
fn the_verifier_is_not_logged_if_statement_logging_can_be_disabled() {
    for version in versions() {
        let server = Server::start(&version);
        server.superuser("postgres", "GRANT SET ON PARAMETER log_statement, log_min_duration_statement TO master");
        assert_eq!(server.master(&bootstrap(PASSWORD)), Ok(String::new()));
        let log = server.log();
        assert!(log.contains("grant_rds_iam") && !log.contains("SCRAM-SHA-256$"), "{log}");
    }
}

/// Earlier releases created the roles on PostgreSQL 15 without membership of the master user.
#[test]
#[ignore = "requires PostgreSQL; run with `cargo xtask test`"]
fn roles_of_earlier_releases_are_adopted() {
    for version in versions().into_iter().filter(|path| path.ends_with("15")) {
        let server = Server::start(&version);
        let earlier =
            "CREATE ROLE openhands_iam LOGIN; CREATE ROLE openhands_proxy LOGIN; GRANT rds_iam TO openhands_iam";
        assert_eq!(server.master(earlier), Ok(String::new()));
        assert_eq!(server.master(&bootstrap(PASSWORD)), Ok(String::new()));
        let administers = "SELECT pg_has_role('master', 'openhands_proxy', 'MEMBER WITH ADMIN OPTION'), pg_has_role('master', 'rds_iam', 'MEMBER')";
        assert_eq!(server.master(administers), Ok("t|f".to_owned()));
    }
}
