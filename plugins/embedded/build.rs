//! Builds the first-party plugins as components, with a cargo of its own inside the outer one.
//!
//! The inner cargo works in `plugins/` of the outer target directory: its lock is not the outer one's, so neither waits
//! for the other for ever, and what it built is there the next time, whichever profile or tool asks.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
/// In the toolchain beside the compiler, which finds it there by itself. Turns the linked module into a component.
const LINKER: &str = "wasm-component-ld";
const PROFILE: &str = "plugin";

/// What of the outer cargo's environment the inner one needs too: where crates come from, and its share of the cores.
/// Everything else is about the outer build (flags for another target, clippy's wrappers, this package's own variables)
/// and would spoil the inner one.
const KEPT: [&str; 7] =
    ["CARGO_MAKEFLAGS", "CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_", "CARGO_TERM_"];
const DROPPED: [&str; 14] = [
    "RUSTFLAGS",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_LINKER",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "TARGET",
    "HOST",
    "PROFILE",
    "OPT_LEVEL",
    "DEBUG",
    "CLIPPY_ARGS",
    "OUT_DIR",
];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() {
    if let Err(error) = build() {
        // Cargo shows these lines first, without the script's standard error and its trace.
        error.to_string().lines().for_each(|line| println!("cargo::error={line}"));
        std::process::exit(1);
    }
}

fn build() -> Outcome<()> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let workspace = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let has = |feature: &str| env::var_os(feature).is_some();
    let mut plugins: Vec<Source> =
        ["anytx", "certificate-revocation", "helloworld", "identity"].map(Source::plugin).into();
    if has("CARGO_FEATURE_HOSTILE") {
        plugins.push(Source::plugin("hostile"));
    }
    if has("CARGO_FEATURE_SHOP") {
        plugins.push(Source::plugin("shop"));
    }
    if has("CARGO_FEATURE_EXAMPLES") {
        plugins.extend(["federation", "ledger", "marketplace", "supply-chain", "tickets"].map(Source::example));
    }

    watch(&workspace, &plugins);
    provide_target()?;
    let built = compile(&workspace, &target_directory(&out), &plugins)?;
    for Source { id, package, .. } in plugins {
        let component = built.join(format!("{}.wasm", package.replace('-', "_")));
        fs::copy(&component, out.join(format!("{id}.wasm")))
            .map_err(|error| format!("the component {} is not there: {error}", component.display()))?;
    }
    Ok(())
}

/// Where a component comes from.
struct Source {
    id: &'static str,
    package: String,
    /// Files and folders of the workspace it is made of.
    made_of: Vec<PathBuf>,
}

impl Source {
    fn plugin(id: &'static str) -> Self {
        Self { id, package: format!("trellis-plugin-{id}"), made_of: vec![Path::new("plugins").join(id)] }
    }

    fn example(id: &'static str) -> Self {
        let folder = Path::new("examples").join(id);
        // Not the whole folder: whoever runs the example leaves a component there. The README is the plugin's documentation.
        let made_of = vec![folder.join("plugin"), folder.join("README.md")];
        Self { id, package: format!("trellis-example-{id}"), made_of }
    }
}

fn variable(name: &str) -> Outcome<OsString> {
    env::var_os(name).ok_or_else(|| format!("cargo did not set {name}").into())
}

/// Everything the components are made of.
fn watch(workspace: &Path, plugins: &[Source]) {
    let fixed = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "wit", "sdk/rust"].map(PathBuf::from);
    for path in fixed.into_iter().chain(plugins.iter().flat_map(|plugin| plugin.made_of.clone())) {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// `plugins/` in the outer target directory, which is the one cargo tagged as a cache; in the build script's own
/// directory where that is not above it.
fn target_directory(out: &Path) -> PathBuf {
    let tagged = out.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file());
    tagged.unwrap_or(out).join("plugins")
}

/// Installs the compiler's target where it is missing, as rustup would for a fresh checkout.
fn provide_target() -> Outcome<()> {
    let remedy = format!(
        "plugins are compiled for {TARGET}, and this toolchain has no standard library for it; \
         run `rustup target add {TARGET}` (without rustup: install your distribution's package for that target)"
    );
    if has_target()? {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]);
    if let Some(toolchain) = env::var_os("RUSTUP_TOOLCHAIN") {
        rustup.arg("--toolchain").arg(toolchain);
    }
    let added = rustup.output().is_ok_and(|output| output.status.success());
    if added && has_target()? { Ok(()) } else { Err(remedy.into()) }
}

fn has_target() -> Outcome<bool> {
    let output = Command::new(variable("RUSTC")?).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    let directory = PathBuf::from(String::from_utf8(output.stdout)?.trim_end());
    let is_library = |name: OsString| name.to_string_lossy().starts_with("libstd-");
    Ok(fs::read_dir(directory)
        .is_ok_and(|mut files| files.any(|file| file.is_ok_and(|file| is_library(file.file_name())))))
}

/// Runs the inner cargo and says where it put the components.
fn compile(workspace: &Path, target_directory: &Path, plugins: &[Source]) -> Outcome<PathBuf> {
    let mut cargo = Command::new(variable("CARGO")?);
    cargo.current_dir(workspace);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let foreign = text.starts_with("CARGO") && !KEPT.iter().any(|kept| text.starts_with(kept));
        if foreign || DROPPED.contains(&text.as_ref()) {
            cargo.env_remove(name);
        }
    }
    // The outer cargo has just written the lock file, so the inner one never needs to change it.
    cargo.args(["build", "--locked", "--profile", PROFILE, "--target", TARGET, "--target-dir"]).arg(target_directory);
    for plugin in plugins {
        cargo.args(["--package", &plugin.package]);
    }
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(workspace));

    let output = cargo.output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let command: Vec<_> = cargo.get_args().map(|argument| argument.to_string_lossy()).collect();
        return Err(format!("the plugins do not compile: `cargo {}` said\n{said}", command.join(" ")).into());
    }
    Ok(target_directory.join(TARGET).join(PROFILE))
}

/// A component carries the file names of its panics: without the folders of one machine in them, every machine builds
/// the same bytes.
fn flags(workspace: &Path) -> OsString {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let mut flags = OsString::new();
    for (folder, name) in [(Some(workspace.to_owned()), "trellis"), (home, "cargo")] {
        let Some(folder) = folder else { continue };
        if !flags.is_empty() {
            // How cargo separates flags in this variable.
            flags.push("\x1f");
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push(format!("={name}"));
    }
    flags
}
