//! Compiled code: found again, compiled anew when damaged, never taken from outside, never without limits.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use trellis_plugins_embedded as embedded;
use trellis_sandbox::{CacheError, CodeOrigin, CompileError, CompileLimits, Compiler, LoadError, Loaded};

use crate::support::{Bench, Rows, compiler, config, judge, sandbox_in};

/// Loads `anytx` in a sandbox of its own over the folder, and makes a call.
fn load(folder: &TempDir) -> Loaded {
    let sandbox = sandbox_in(folder, |_| {});
    let loaded = sandbox.load(config("anytx", embedded::ANYTX, &[], &[])).unwrap();
    assert_eq!(judge(&sandbox, "anytx", None, &mut Rows::default()).unwrap().outputs_to_admit, [0, 1, 2]);
    loaded
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    std::fs::read_dir(folder.path().join("code")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn only_file(folder: &TempDir) -> PathBuf {
    let files = files(folder);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn code_is_compiled_once_and_kept_for_the_host_alone() {
    let folder = TempDir::new().unwrap();
    assert_eq!(load(&folder).code, CodeOrigin::Compiled);
    assert_eq!(load(&folder).code, CodeOrigin::Cache);
    assert_eq!(mode(&folder.path().join("code")), 0o700);
    assert_eq!(mode(&only_file(&folder)), 0o600);
}

#[test]
fn damaged_code_is_compiled_again_and_never_run() {
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.clear(),
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        |bytes| bytes.push(0),
    ];
    let folder = TempDir::new().unwrap();
    load(&folder);
    for damage in damages {
        let file = only_file(&folder);
        let mut bytes = std::fs::read(&file).unwrap();
        damage(&mut bytes);
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(load(&folder).code, CodeOrigin::Compiled);
        assert_eq!(load(&folder).code, CodeOrigin::Cache);
    }
}

/// What an attacker could write without the host's help: the name promises other bytes than the file has, or the code is
/// another component's.
#[test]
fn code_under_a_name_that_is_not_its_own_is_not_loaded() {
    let folder = TempDir::new().unwrap();
    load(&folder);
    let own = only_file(&folder);
    let other_folder = TempDir::new().unwrap();
    let other = sandbox_in(&other_folder, |_| {});
    other.load(config("helloworld", embedded::HELLOWORLD, &[], &[])).unwrap();
    std::fs::copy(only_file(&other_folder), &own).unwrap();
    assert_eq!(load(&folder).code, CodeOrigin::Compiled);
}

#[test]
fn code_is_no_plugin_file() {
    let folder = TempDir::new().unwrap();
    load(&folder);
    let code = std::fs::read(only_file(&folder)).unwrap();
    let error = Bench::new().load(config("a", &code, &[], &[])).unwrap_err();
    assert!(matches!(error, LoadError::Native(_)), "{error}");
    assert!(error.to_string().contains(".cwasm"), "{error}");
}

#[test]
fn code_for_another_engine_is_left_alone_and_not_used() {
    let folder = TempDir::new().unwrap();
    load(&folder);
    let own = only_file(&folder);
    let name = own.file_name().unwrap().to_str().unwrap();
    let mut parts: Vec<String> = name.split('-').map(str::to_owned).collect();
    parts[1] = "0".repeat(64);
    let other = own.with_file_name(parts.join("-"));
    std::fs::rename(&own, &other).unwrap();
    assert_eq!(load(&folder).code, CodeOrigin::Compiled);
    assert!(other.exists() && own.exists());
}

#[test]
fn a_folder_that_was_open_to_others_is_closed() {
    let folder = TempDir::new().unwrap();
    let code = folder.path().join("code");
    std::fs::create_dir(&code).unwrap();
    std::fs::set_permissions(&code, std::fs::Permissions::from_mode(0o777)).unwrap();
    load(&folder);
    assert_eq!(mode(&code), 0o700);
}

#[test]
fn what_an_interrupted_compilation_left_is_removed() {
    let folder = TempDir::new().unwrap();
    load(&folder);
    let left = folder.path().join("code").join("compiling-abc123");
    std::fs::write(&left, b"half").unwrap();
    assert_eq!(load(&folder).code, CodeOrigin::Cache);
    assert!(!left.exists());
}

#[test]
fn nothing_is_left_behind_by_a_component_that_does_not_compile() {
    let (error, folder) = compile_bomb(CompileLimits { memory_bytes: 64 << 20, ..CompileLimits::default() });
    assert!(matches!(&error, LoadError::Code(CacheError::Compile(CompileError::Crashed { .. }))), "{error}");
    assert!(error.to_string().contains("64 MiB are allowed"), "{error}");
    assert_eq!(files(&folder), [] as [PathBuf; 0]);
}

#[test]
fn compiling_beyond_its_time_is_stopped() {
    let time = Duration::from_millis(100);
    let (error, folder) = compile_bomb(CompileLimits { time, ..CompileLimits::default() });
    assert!(matches!(&error, LoadError::Code(CacheError::Compile(CompileError::Time(_)))), "{error}");
    assert!(error.to_string().contains("longer than 0.1 s and was stopped"), "{error}");
    assert_eq!(files(&folder), [] as [PathBuf; 0]);
}

#[test]
fn compiled_code_beyond_its_size_is_refused() {
    let limits = CompileLimits { compiled_bytes: 1000, ..CompileLimits::default() };
    let mut bench = Bench::cold(|options| options.compiler = compiler().with_limits(limits));
    let error = bench.load(config("a", embedded::ANYTX, &[], &[])).unwrap_err();
    assert!(matches!(&error, LoadError::Code(CacheError::Compile(CompileError::TooLarge(1000)))), "{error}");
}

/// Loads a component that is valid, small and takes seconds and hundreds of megabytes to compile.
fn compile_bomb(limits: CompileLimits) -> (LoadError, TempDir) {
    let body = "(local.set 0 (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.load (local.get 0))))".repeat(60_000);
    let text = format!(
        r#"(component
            (core module (memory 1) (func (param i32 i32) {body}))
            (instance $i)
            (export "bsv:overlay/plugin@0.1.0" (instance $i))
            (export "bsv:overlay/topic-manager@0.1.0" (instance $i)))"#
    );
    let Bench { sandbox, folder } = Bench::cold(|options| options.compiler = compiler().with_limits(limits));
    let error = sandbox.load(config("bomb", &wat::parse_str(text).unwrap(), &[], &[])).unwrap_err();
    (error, folder)
}

#[test]
fn a_compiler_that_is_not_there_or_is_something_else_is_named() {
    for (program, word) in [("/nonexistent/compiler", "failed to start"), ("/bin/false", "does not compile")] {
        let mut bench = Bench::cold(|options| options.compiler = Compiler::new(program, []));
        let text = bench.load(config("a", embedded::ANYTX, &[], &[])).unwrap_err().to_string();
        assert!(text.contains(word), "{text}");
    }
    // Ends well but writes nothing that could be code.
    let mut bench = Bench::cold(|options| options.compiler = Compiler::new("/bin/true", []));
    let error = bench.load(config("a", embedded::ANYTX, &[], &[])).unwrap_err();
    assert!(matches!(&error, LoadError::Code(CacheError::Load(_))), "{error}");
}
