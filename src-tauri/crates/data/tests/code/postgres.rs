//! The queries of the recipes in a PostgreSQL of their own: a private server in a temporary folder, on a unix socket,
//! started where `initdb` is found and stopped when the test ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cairn_data::{Language, Origin, code, schema};
use cairn_protocol::table::ColumnType;

use crate::{OTHER, PEOPLE, import, not_promised, run, same, texts};

/// A server that stops when it is dropped.
struct Server {
    programs: PathBuf,
    folder: tempfile::TempDir,
    /// The account that it runs under, where this one may not run it.
    account: Option<&'static str>,
}

/// The folder of PostgreSQL's programs: on the path, or where Debian keeps them.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .and_then(|path| std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file()))
        .and_then(|folder| folder.join("initdb").canonicalize().ok())
        .and_then(|program| program.parent().map(Path::to_owned));
    let of_debian = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
        folders.filter(|folder| folder.join("initdb").is_file()).max()
    };
    on_path.or_else(of_debian)
}

impl Server {
    fn start(programs: PathBuf) -> Result<Self, String> {
        let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").map_err(|error| error.to_string())?;
        // PostgreSQL refuses to run as root; its package brings an account of its own.
        let server = Self { programs, folder, account: root.then_some("postgres") };
        if let Some(account) = server.account {
            let done = Command::new("chown").arg(account).arg(server.folder.path()).output();
            done.ok().filter(|done| done.status.success()).ok_or("there is no account postgres")?;
        }
        let data = server.data();
        let data = data.to_str().unwrap();
        server
            .run("initdb", &["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C.UTF-8", "-N"])?;
        let options = format!("-k {} -c listen_addresses= -c fsync=off", server.folder.path().display());
        let log = format!("{data}.log");
        server.run("pg_ctl", &["-D", data, "-l", &log, "-o", &options, "-w", "start"])?;
        Ok(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        match self.account {
            None => Command::new(path),
            Some(account) => {
                let mut command = Command::new("runuser");
                command.args(["-u", account, "--"]).arg(path);
                command
            }
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<Output, String> {
        let mut command = self.command(program);
        // The server keeps what it inherits open: a pipe would never end.
        let log = self.folder.path().with_extension("out");
        let out = std::fs::File::create(&log).map_err(|error| error.to_string())?;
        let copy = out.try_clone().map_err(|error| error.to_string())?;
        command.args(arguments).current_dir("/").stdout(out).stderr(copy);
        let status = command.status().map_err(|error| error.to_string())?;
        let said = std::fs::read(&log).unwrap_or_default();
        std::fs::remove_file(&log).ok();
        if status.success() {
            Ok(Output { status, stdout: said, stderr: Vec::new() })
        } else {
            Err(format!("{program}: {}", String::from_utf8_lossy(&said)))
        }
    }

    /// Runs SQL; what it copies to standard output.
    fn sql(&self, sql: &str) -> Result<Vec<u8>, String> {
        let file = self.folder.path().join("query.sql");
        std::fs::write(&file, sql).map_err(|error| error.to_string())?;
        let socket = self.folder.path().to_str().unwrap();
        let arguments =
            ["-h", socket, "-U", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.to_str().unwrap()];
        let mut command = Command::new(self.programs.join("psql"));
        let done = command.args(arguments).output().map_err(|error| error.to_string())?;
        if done.status.success() { Ok(done.stdout) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        self.run("pg_ctl", &["-D", data.to_str().unwrap(), "-m", "immediate", "-w", "stop"]).ok();
        if let Some(account) = self.account {
            // What the server wrote is its account's.
            Command::new("runuser").args(["-u", account, "--", "rm", "-rf"]).arg(&data).status().ok();
        }
    }
}

fn type_of(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool => "boolean",
        ColumnType::Int => "bigint",
        ColumnType::Float => "double precision",
        ColumnType::Date => "date",
        ColumnType::Datetime => "timestamp",
        _ => "text",
    }
}

/// A table from a file.
fn create(name: &str, columns: &[(String, ColumnType)], file: &Path) -> String {
    let columns: Vec<String> = columns.iter().map(|(name, kind)| format!("\"{name}\" {}", type_of(*kind))).collect();
    format!(
        "create table {name} ({});\n\\copy {name} from '{}' with (format csv, header)\n",
        columns.join(", "),
        file.display()
    )
}

#[test]
fn queries_give_what_the_engine_gives_in_postgresql() {
    let started = programs().ok_or_else(|| "initdb is not found".to_owned()).and_then(Server::start);
    let server = match started {
        Ok(server) => server,
        Err(why) => {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("PostgreSQL cannot be started, its queries are not run: {why}");
            }
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (input, towns) = (folder.join("people.csv"), folder.join("towns.csv"));
    std::fs::write(&input, PEOPLE).unwrap();
    std::fs::write(&towns, OTHER).unwrap();
    let (imported, other) = (import(&input), import(&towns));
    let tables = [("towns".to_owned(), schema(&other.frame))];
    let origin = Origin { title: "people.cairn#Clean", report: &imported.report, tables: &tables };
    let source = create("source", &schema(&imported.frame), &input);
    server.sql(&format!("{source}{}", create("towns", &schema(&other.frame), &towns))).unwrap();
    let (mut ran, mut wrong) = (0, Vec::new());
    for case in run(folder, &imported, &other.frame) {
        let script = code(Language::Sql, &case.fitted, &origin).unwrap();
        let unsaid = script.notes.iter().any(|note| note.contains("cannot be said"));
        if unsaid || not_promised(&case.name, &script.notes) {
            continue;
        }
        let query = script.code.trim().trim_end_matches(';');
        let found = server.sql(&format!("copy (\n{query}\n) to stdout with (format csv, header);\n"));
        ran += 1;
        let said = found.and_then(|bytes| {
            let output = folder.join(format!("{}.postgres.csv", case.name));
            std::fs::write(&output, bytes).map_err(|error| error.to_string())?;
            difference(&folder.join(format!("{}.expected.csv", case.name)), &output).map_or(Ok(()), Err)
        });
        wrong.extend(said.err().map(|said| format!("{}: {}", case.name, said.trim())));
    }
    assert!(wrong.is_empty(), "{} of {ran} differ in PostgreSQL\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran > 80, "{ran} queries ran");
}

/// As of other scripts; PostgreSQL writes `t` and `f`.
fn difference(expected: &Path, found: &Path) -> Option<String> {
    let ((names, columns), (others, cells)) = (texts(expected), texts(found));
    if names != others {
        return Some(format!("columns {others:?}, not {names:?}"));
    }
    let equal = |a: &Option<String>, b: &Option<String>| match (a.as_deref(), b.as_deref()) {
        (Some("true"), Some("t")) | (Some("false"), Some("f")) | (None, None) => true,
        (Some(a), Some(b)) => same(a, b),
        _ => false,
    };
    for ((name, expected), found) in names.iter().zip(columns).zip(cells) {
        if expected.len() != found.len() {
            return Some(format!("{} rows, not {}", found.len(), expected.len()));
        }
        let row = expected.iter().zip(&found).position(|(a, b)| !equal(a, b));
        if let Some(row) = row {
            return Some(format!("{name}[{row}] is {:?}, not {:?}", found[row], expected[row]));
        }
    }
    None
}
