//! What a machine must have before anything is built, and how to get it.
//!
//! Debian and its children are set up by themselves; elsewhere the page says what to install. WebAssembly's standard
//! library comes from rustup; where rustup cannot fetch it, Debian's `rust-web` packages and a build of the standard
//! library from source take its place.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::{Places, on_path};
use crate::step::{announce, output, run};

const WASM: &str = "wasm32-unknown-unknown";

/// For a window with a web view, and for the C code in some dependencies.
const BUILD_PACKAGES: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libxdo-dev",
    "libssl-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
];
/// A browser and a display without a screen, for the end-to-end tests; a database that queries are tried in.
const TEST_PACKAGES: &[&str] = &["chromium", "xvfb", "dbus-x11", "imagemagick", "xdotool", "postgresql"];

/// How much has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// To build the WebAssembly module.
    Web,
    /// To build and run everything.
    Build,
    /// To run all tests as well.
    Test,
}

/// Installs what is missing for `need`; silent and quick where all is there.
pub fn setup(places: &Places, need: Need) -> Result<()> {
    system_packages(need)?;
    wasm_toolchain(places)?;
    wasm_bindgen(places)?;
    Ok(())
}

fn system_packages(need: Need) -> Result<()> {
    let mut wanted = Vec::new();
    if need >= Need::Build {
        wanted.extend(BUILD_PACKAGES);
    }
    if need >= Need::Test {
        wanted.extend(TEST_PACKAGES);
    }
    if cfg!(target_os = "linux") && on_path("dpkg-query").is_some() && on_path("apt-get").is_some() {
        return install(&wanted, "system packages");
    }
    if cfg!(target_os = "linux") {
        if need >= Need::Build && output(Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"])).is_none() {
            bail!(
                "webkit2gtk 4.1 is not installed, and this system has no apt-get\n\
                 hint: Fedora: dnf install webkit2gtk4.1-devel openssl-devel libxdo-devel librsvg2-devel gcc-c++\n\
                 hint: Arch: pacman -S webkit2gtk-4.1 base-devel xdotool librsvg"
            );
        }
    } else if cfg!(target_os = "macos") && output(Command::new("xcode-select").arg("-p")).is_none() {
        bail!("the compiler of the command line tools is missing\nhint: xcode-select --install");
    } else if cfg!(target_os = "windows") {
        // The web view and the compiler come with Windows 11 and Visual Studio; cargo itself says when link.exe is missing.
        eprintln!(
            "  Windows: needs the C++ build tools of Visual Studio and the WebView2 runtime (part of Windows 11)"
        );
    }
    Ok(())
}

/// Debian: installs those packages that are not there.
fn install(packages: &[&str], what: &str) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    announce(&format!("Installing {what}: {}", missing.join(" ")), "one to five minutes");
    let apt = |arguments: &[&str]| -> Result<()> {
        let mut command = if is_root() { Command::new("apt-get") } else { Command::new("sudo") };
        if !is_root() {
            if on_path("sudo").is_none() {
                bail!("not root, and there is no sudo\nhint: as root, apt-get install {}", missing.join(" "));
            }
            command.arg("apt-get");
        }
        run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let wanted: Vec<&str> =
        ["install", "-y", "--no-install-recommends"].into_iter().chain(missing.iter().copied()).collect();
    // The lists may be old or absent; they are fetched only when the packages cannot be had without.
    apt(&wanted).or_else(|_| apt(&["update"]).and_then(|()| apt(&wanted)))
}

fn installed(package: &str) -> bool {
    output(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]))
        .is_some_and(|s| s.trim() == "installed")
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// A compiler that has, or can make, the standard library for WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The target is part of the toolchain that runs this.
    Rustup,
    /// Debian's compiler, which builds the standard library from source, and its linker.
    Debian {
        /// `wasm-ld` or `wasm-ld-NN`.
        linker: String,
    },
}

/// The one that is installed; the toolchain's own target is preferred.
pub fn installed_wasm_toolchain(places: &Places) -> Option<WasmToolchain> {
    let libdir =
        output(Command::new("rustc").current_dir(&places.root).args(["--print", "target-libdir", "--target", WASM]));
    if libdir.is_some_and(|dir| Path::new(dir.trim()).read_dir().is_ok_and(|mut entries| entries.next().is_some())) {
        return Some(WasmToolchain::Rustup);
    }
    let complete =
        ["/usr/bin/rustc", "/usr/bin/cargo", "/usr/lib/rustlib/src/rust/library"].iter().all(|p| Path::new(p).exists());
    let linker = newest_linker()?;
    complete.then_some(WasmToolchain::Debian { linker })
}

/// The newest `wasm-ld-NN` on this machine.
fn newest_linker() -> Option<String> {
    let names = Path::new("/usr/bin").read_dir().ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name == "wasm-ld" || name.starts_with("wasm-ld-")).max_by_key(|name| version_in(name))
}

/// The number a name ends in; 0 without one.
fn version_in(name: &str) -> u32 {
    name.rsplit('-').next().and_then(|tail| tail.parse().ok()).unwrap_or(0)
}

fn wasm_toolchain(places: &Places) -> Result<()> {
    if installed_wasm_toolchain(places).is_some() {
        return Ok(());
    }
    if on_path("rustup").is_some() {
        announce("Adding the WebAssembly target", "half a minute");
        let added = run(Command::new("rustup").current_dir(&places.root).args(["target", "add", WASM]));
        if added.is_ok() && installed_wasm_toolchain(places).is_some() {
            return Ok(());
        }
        eprintln!("  rustup could not fetch it");
    }
    if cfg!(target_os = "linux") && on_path("apt-get").is_some() {
        let lld = newest_lld().context("apt knows no package lld-NN\nhint: apt-get update")?;
        install(&["rustc-web", "cargo-web", "rust-web-src", &lld], "Debian's WebAssembly compiler")?;
        if installed_wasm_toolchain(places).is_some() {
            return Ok(());
        }
    }
    bail!(
        "there is no standard library for {WASM}\n\
         hint: rustup target add {WASM}\n\
         hint: on Debian: apt-get install rustc-web cargo-web rust-web-src lld-22"
    )
}

fn newest_lld() -> Option<String> {
    let names = output(Command::new("apt-cache").args(["pkgnames", "lld-"]))?;
    names.lines().filter(|name| version_in(name) > 0).max_by_key(|name| version_in(name)).map(str::to_owned)
}

/// Where the `wasm-bindgen` command of the locked version lies, or would lie.
pub fn wasm_bindgen_path(places: &Places) -> Result<PathBuf> {
    let version = locked_version(&places.root.join("Cargo.lock"), "wasm-bindgen")?;
    let folder = places.cache.join(format!("wasm-bindgen-{version}"));
    Ok(folder.join("bin").join(format!("wasm-bindgen{}", env::consts::EXE_SUFFIX)))
}

/// The command must have the very version of the library in Cargo.lock: the two share a private format.
fn wasm_bindgen(places: &Places) -> Result<()> {
    let program = wasm_bindgen_path(places)?;
    if output(Command::new(&program).arg("--version")).is_some() {
        return Ok(());
    }
    let version = locked_version(&places.root.join("Cargo.lock"), "wasm-bindgen")?;
    announce(&format!("Building wasm-bindgen {version}"), "three minutes, once");
    let root = program.ancestors().nth(2).context("the program lies in a bin folder")?.to_path_buf();
    let install = |locked: bool| -> Result<()> {
        let mut cargo = places.cargo();
        cargo.args(["install", "wasm-bindgen-cli", "--version", &version, "--force", "--root"]).arg(&root);
        cargo.env("CARGO_TARGET_DIR", places.cache.join("wasm-bindgen-target"));
        run(if locked { cargo.arg("--locked") } else { &mut cargo })
    };
    // Its lock file may name versions that a mirror of the registry does not have yet.
    install(true).or_else(|_| install(false))?;
    // Only the program is kept: what it was made from is large and not needed again.
    std::fs::remove_dir_all(places.cache.join("wasm-bindgen-target")).ok();
    Ok(())
}

/// The version of a package in a lock file; an error when it is missing or there are several.
fn locked_version(lock: &Path, name: &str) -> Result<String> {
    let text = std::fs::read_to_string(lock).with_context(|| format!("could not read {}", lock.display()))?;
    let mut versions = text.split("[[package]]").filter_map(|entry| {
        let field =
            |key: &str| entry.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'));
        (field("name") == Some(name)).then(|| field("version")).flatten()
    });
    match (versions.next(), versions.next()) {
        (Some(version), None) => Ok(version.to_owned()),
        (found, _) => bail!(
            "{} has {} versions of {name}, not one",
            lock.display(),
            if found.is_some() { "several" } else { "no" }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_version_from_a_lock_file() {
        let dir = std::env::temp_dir().join(format!("xtask-lock-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary folder");
        let lock = dir.join("Cargo.lock");
        let text = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"a-b\"\nversion = \"9.0.0\"\n\
                    [[package]]\nname = \"twice\"\nversion = \"1.0.0\"\n[[package]]\nname = \"twice\"\nversion = \"2.0.0\"\n";
        std::fs::write(&lock, text).expect("a file in it");
        assert_eq!(locked_version(&lock, "a").ok().as_deref(), Some("1.2.3"));
        assert!(locked_version(&lock, "twice").is_err());
        assert!(locked_version(&lock, "none").is_err());
        std::fs::remove_dir_all(&dir).expect("the folder goes");
    }

    #[test]
    fn the_newest_linker_is_chosen_by_number() {
        assert!(version_in("wasm-ld-22") > version_in("wasm-ld-9"));
        assert!(version_in("wasm-ld") == 0);
    }
}
