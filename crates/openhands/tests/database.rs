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
    programs: PathBuf,
}

/// The programs of every version: Debian's, and those that `cargo xtask test` names.
fn versions() -> Vec<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|entry| entry.unwrap().path());
    let more = std::env::var_os("OHINFRA_TEST_POSTGRESQL").unwrap_or_default();
    let mut versions: Vec<PathBuf> = debian.chain(std::env::split_paths(&more)).collect();
    versions.retain(|path| path.join("bin/postgres").exists());
    assert!(!versions.is_empty());
    versions
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
    fn start(version: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        run(Command::new("chmod").arg("777").arg(folder.path()));
        // Where root has installed them, another user need not be allowed to look.
        let programs = folder.path().join("programs");
        run(Command::new("cp").arg("-r").arg(version).arg(&programs));
        let server = Self { folder, programs: programs.join("bin") };
        let (data, log) = (server.path("data"), server.path("log"));
        let mut init = command(&server.programs.join("initdb"));
        run(init.arg("-D").arg(&data).args(["-U", "postgres", "-A", "scram-sha-256"]).arg(server.password_argument()));
        // As RDS has it: whoever is a member of `rds_iam`, by whatever way, is asked for a token. Nobody has one here.
        let rules = "local all +rds_iam reject\nlocal all all scram-sha-256\n";
        let mut write = command(Path::new("tee"));
        write.arg(data.join("pg_hba.conf")).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = write.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), rules.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        // Everything is logged, as the strictest parameter group would have it.
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c log_statement=all -c log_min_duration_statement=0",
            server.folder.path().display()
        );
        let mut start = command(&server.programs.join("pg_ctl"));
        start.arg("-D").arg(&data).arg("-w").arg("-l").arg(&log).arg("-o").arg(options).arg("start");
        // The server keeps what it was given as its outputs.
        assert!(start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
        // What RDS has: a role that marks who logs in with IAM's tokens, and a master.
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

    /// What a role sees that cannot log in here.
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
        // A server that has failed to start needs no end, and its files belong to its own user.
        let mut stop = command(&self.programs.join("pg_ctl"));
        let _ = stop.arg("-D").arg(self.path("data")).args(["-m", "immediate", "stop"]).output();
        let _ = Command::new("rm").arg("-rf").arg(self.path("data")).arg(self.path("log")).output();
    }
}

/// The script as the master runs it. RDS lets a master grant `rds_iam` although it is no member; PostgreSQL 16 without RDS wants one
/// with the ADMIN option, so here a function does it in the same place.
fn bootstrap(password: &str) -> String {
    let text = script(&Bootstrap::default().transactions(&verifier(password)).unwrap());
    let grant = "GRANT rds_iam TO \"openhands_iam\"";
    assert!(text.contains(grant));
    text.replace(grant, "PERFORM grant_rds_iam('openhands_iam')")
}

#[test]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` installs them and runs it"]
fn the_bootstrap_run_twice_gives_both_roles_their_privileges_and_no_log_the_password() {
    for version in versions() {
        check_bootstrap(&Server::start(&version));
    }
}

fn check_bootstrap(server: &Server) {
    let script = bootstrap(PASSWORD);
    assert_eq!(server.master(&script), Ok(String::new()));

    // OpenHands makes its tables through the proxy; an operator comes with a token of IAM's.
    let proxy = |text: &str| server.sql("openhands_proxy", PASSWORD, "openhands", text);
    let made = proxy("CREATE TABLE conversation (id serial PRIMARY KEY, status eventcallbackstatus)");
    assert_eq!(made, Ok(String::new()));
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
    // Again, with tables of everybody's there.
    assert_eq!(server.master(&script), Ok(String::new()));
    assert_eq!(server.master(state).unwrap(), before);
    // A master that were a member of the role that logs in with tokens could not use its password any more. The helper has gone.
    let roles = "openhands_iam|t|f|f|f\nopenhands_proxy|t|f|f|f\nopenhands_proxy|master\nrds_iam|openhands_iam\n";
    assert!(before.starts_with(roles), "{before}");

    // Both may do everything with each other's tables and sequences, now and later.
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

    // The password works, a wrong one does not, and the server's log does not hold it.
    assert!(server.sql("openhands_proxy", "wrong", "openhands", "SELECT 1").is_err());
    let log = server.log();
    assert!(log.contains("grant_rds_iam"), "everything is logged");
    for piece in [PASSWORD, "the-pass", "no;log$holds"] {
        assert!(!log.contains(piece), "the log holds the password");
    }
    // A new password takes the old one's place.
    assert_eq!(server.master(&bootstrap("another")), Ok(String::new()));
    assert!(proxy("SELECT 1").is_err());
    assert_eq!(server.sql("openhands_proxy", "another", "openhands", "SELECT 1"), Ok("1".to_owned()));
}

#[test]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` installs them and runs it"]
fn where_statement_logging_can_be_switched_off_not_even_the_verifier_is_logged() {
    for version in versions() {
        let server = Server::start(&version);
        server.superuser("postgres", "GRANT SET ON PARAMETER log_statement, log_min_duration_statement TO master");
        assert_eq!(server.master(&bootstrap(PASSWORD)), Ok(String::new()));
        let log = server.log();
        assert!(log.contains("grant_rds_iam") && !log.contains("SCRAM-SHA-256$"), "{log}");
    }
}

/// The statements as earlier releases ran them on PostgreSQL 15: the roles exist, and the master is a member of neither.
#[test]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` installs them and runs it"]
fn roles_that_an_earlier_release_created_are_taken_over() {
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
