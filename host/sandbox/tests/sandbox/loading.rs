//! What is not loaded, and what the refusal says.

use sha2::{Digest, Sha256};
use trellis_plugins_embedded as embedded;
use trellis_sandbox::{Language, LimitOverrides, Limits, LoadError, PluginConfig, inspect};

use crate::support::{Bench, config};

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn refusal(wasm: &[u8]) -> LoadError {
    let inspected = inspect(wasm, &Limits::of(Language::Compiled)).unwrap_err();
    let mut bench = Bench::new();
    let loaded = bench.load(config("author", wasm, &[], &[])).unwrap_err();
    assert_eq!(inspected.to_string(), loaded.to_string(), "the author's check is the host's");
    loaded
}

#[test]
fn wasi_is_refused_with_every_import_and_the_remedy() {
    let text = refusal(&component(
        r#"(component
            (import "wasi:io/poll@0.2.6" (instance))
            (import "bsv:overlay/log@0.1.0" (instance))
            (import "wasi:cli/environment@0.2.6" (instance)))"#,
    ))
    .to_string();
    assert!(text.contains("wasi:io/poll@0.2.6, wasi:cli/environment@0.2.6"), "{text}");
    assert!(text.contains("wasm32-unknown-unknown") && text.contains("--stub-wasi"), "{text}");
    assert!(!text.contains("bsv:overlay/log"), "{text}");
}

#[test]
fn other_foreign_imports_are_refused_by_name() {
    let error = refusal(&component(r#"(component (import "acme:things/stuff@1.0.0" (instance)) (import "f" (func)))"#));
    assert!(matches!(&error, LoadError::ForeignImports { imports, wasi: false } if imports.len() == 2), "{error}");
}

#[test]
fn a_core_module_is_told_how_to_become_a_component() {
    let text = refusal(&component("(module)")).to_string();
    assert!(text.contains("core WebAssembly module") && text.contains("wasm-component-ld"), "{text}");
}

#[test]
fn compiled_code_and_rubbish_are_no_plugins() {
    assert!(matches!(refusal(b"\x7fELF\x02\x01\x01"), LoadError::Native(_)));
    for rubbish in [&b""[..], b"not wasm", b"\0as"] {
        assert!(matches!(refusal(rubbish), LoadError::NotWasm));
    }
}

#[test]
fn every_truncation_of_a_component_is_refused() {
    let whole = embedded::ANYTX;
    let limits = Limits::of(Language::Compiled);
    for end in (0..whole.len()).step_by(37).chain(whole.len() - 20..whole.len()) {
        // Custom sections at the end may be missing: what is left is a component.
        if let Err(error) = inspect(&whole[..end], &limits) {
            let expected = matches!(
                error,
                LoadError::NotWasm
                    | LoadError::Malformed { .. }
                    | LoadError::NoDescription { .. }
                    | LoadError::NoRole { .. }
                    | LoadError::CoreModule
            );
            assert!(expected, "{end}: {error}");
        } else {
            assert!(end > whole.len() / 2, "{end} bytes of {} are no plugin", whole.len());
        }
    }
}

#[test]
fn damaged_components_are_refused_or_read_but_never_end_the_process() {
    // xorshift64: repeatable, so that what fails once fails again.
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let limits = Limits::of(Language::Compiled);
    let mut refused = 0;
    for _ in 0..2000 {
        let mut wasm = embedded::HELLOWORLD.to_vec();
        for _ in 0..=random(3) {
            let at = random(wasm.len());
            match random(3) {
                0 => wasm[at] = random(256) as u8,
                1 => drop(wasm.drain(at..(at + random(40)).min(wasm.len()))),
                _ => wasm[at] ^= 1 << random(8),
            }
        }
        refused += usize::from(inspect(&wasm, &limits).is_err());
    }
    assert!(refused > 100, "{refused} of 2000 were refused");
}

#[test]
fn another_version_of_the_interface_says_who_wants_what() {
    for wanted in ["0.2.0", "1.0.0", "0.1.0-draft"] {
        let text = refusal(&component(&format!(r#"(component (import "bsv:overlay/state@{wanted}" (instance)))"#)))
            .to_string();
        assert!(text.contains(&format!("built for bsv:overlay {wanted}, this host offers 0.1.0")), "{text}");
        assert!(text.contains("rebuild the plugin") && text.contains("run a host"), "{text}");
    }
    let exported =
        refusal(&component(r#"(component (instance $i) (export "bsv:overlay/topic-manager@0.3.0" (instance $i)))"#));
    assert!(matches!(&exported, LoadError::Version { wanted, .. } if wanted == "0.3.0"), "{exported}");
}

#[test]
fn functions_of_a_later_patch_version_are_named() {
    let text = refusal(&component(
        r#"(component (import "bsv:overlay/state@0.1.7" (instance
            (export "get" (func (param "key" (list u8)) (result (option (list u8)))))
            (export "compare-and-swap" (func)))))"#,
    ))
    .to_string();
    assert!(text.contains("0.1.7") && text.contains("state.compare-and-swap"), "{text}");
    assert!(!text.contains("state.get"), "{text}");
    let whole = refusal(&component(r#"(component (import "bsv:overlay/oracle@0.1.9" (instance)))"#)).to_string();
    assert!(whole.contains("bsv:overlay/oracle@0.1.9"), "{whole}");
}

#[test]
fn a_component_without_description_or_role_is_told_what_to_export() {
    assert!(matches!(refusal(&component("(component)")), LoadError::NoDescription { .. }));
    let no_role = component(r#"(component (instance $i) (export "bsv:overlay/plugin@0.1.0" (instance $i)))"#);
    let text = refusal(&no_role).to_string();
    assert!(text.contains("topic-manager") && text.contains("lookup-service"), "{text}");
}

#[test]
fn exports_of_another_type_are_refused_at_load_and_not_at_the_first_call() {
    let empty = component(
        r#"(component (instance $i)
            (export "bsv:overlay/plugin@0.1.0" (instance $i))
            (export "bsv:overlay/topic-manager@0.1.0" (instance $i)))"#,
    );
    let error = Bench::new().load(config("author", &empty, &[], &[])).unwrap_err();
    assert!(matches!(error, LoadError::Signature(_)), "{error}");
}

#[test]
fn a_pinned_file_must_be_that_file() {
    let mut bench = Bench::new();
    let digest: [u8; 32] = Sha256::digest(embedded::ANYTX).into();
    let pinned = |id, sha256| PluginConfig { sha256: Some(sha256), ..config(id, embedded::ANYTX, &[], &[]) };
    let text = bench.load(pinned("a", [7; 32])).unwrap_err().to_string();
    assert!(text.contains(&hex::encode(digest)) && text.contains(&hex::encode([7; 32])), "{text}");
    assert!(bench.load(pinned("a", digest)).is_ok());
}

#[test]
fn an_id_is_given_once() {
    let mut bench = Bench::new();
    bench.load(config("a", embedded::ANYTX, &[], &[])).unwrap();
    let error = bench.load(config("a", embedded::HELLOWORLD, &[], &[])).unwrap_err();
    assert!(matches!(error, LoadError::Duplicate(_)), "{error}");
}

#[test]
fn limits_and_sizes_that_cannot_be_met_are_refused_before_anything_is_compiled() {
    let mut bench = Bench::cold(|_| {});
    let error = bench.load(config("a", embedded::ANYTX, &[], &[("fuel", 1)])).unwrap_err();
    assert!(error.to_string().contains("judge-fuel"), "{error}");
    let size = embedded::ANYTX.len() as u64;
    let error = bench.load(config("a", embedded::ANYTX, &[], &[("file_bytes", size - 1)])).unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { .. }), "{error}");
    assert_eq!(std::fs::read_dir(bench.folder.path().join("code")).unwrap().count(), 0);
    bench.load(config("a", embedded::ANYTX, &[], &[("file_bytes", size)])).unwrap();
}

#[test]
fn a_component_that_needs_more_memory_than_it_gets_is_refused() {
    let error = Bench::new().load(config("a", embedded::ANYTX, &[], &[("memory_bytes", 65536)])).unwrap_err();
    assert!(matches!(error, LoadError::Memory { limit: 65536, .. }), "{error}");
}

#[test]
fn a_component_that_does_not_fit_the_pool_is_refused_with_the_pools_size() {
    let exports = r#"(instance $i)
        (export "bsv:overlay/plugin@0.1.0" (instance $i))
        (export "bsv:overlay/topic-manager@0.1.0" (instance $i))"#;
    let memories = "(core module (memory 1))".to_owned() + &"(core instance (instantiate 0))".repeat(5);
    let tables = "(core module (table 1 funcref))".to_owned() + &"(core instance (instantiate 0))".repeat(65);
    let instances = "(core module)".to_owned() + &"(core instance (instantiate 0))".repeat(65);
    let one_memory = "(core module (memory 1025)) (core instance (instantiate 0))".to_owned();
    for body in [memories, tables, instances, one_memory] {
        let mut bench = Bench::cold(|_| {});
        let wasm = component(&format!("(component {body} {exports})"));
        let text = bench.load(config("a", &wasm, &[], &[])).unwrap_err().to_string();
        assert!(text.contains("4 memories of 64 MiB, 64 tables of 20000 elements and 64 core instances"), "{text}");
        assert_eq!(std::fs::read_dir(bench.folder.path().join("code")).unwrap().count(), 0);
    }
}

#[test]
fn compiled_languages_and_language_runtimes_get_their_own_limits() {
    let rust = inspect(embedded::ANYTX, &Limits::of(Language::Compiled)).unwrap();
    assert_eq!(rust.language, Language::Compiled);
    assert_eq!(rust.interface_version, "0.1.0");
    assert!(rust.imports.contains(&"config.get".to_owned()), "{:?}", rust.imports);
    assert!(Limits::of(Language::Interpreted).judge_fuel >= 10 * Limits::of(Language::Compiled).judge_fuel);

    // The same component with a mark of the JavaScript tools: a custom section `producers`, as they append it.
    let mut javascript = embedded::ANYTX.to_vec();
    let field = b"\x01\x0cprocessed-by\x01\x14componentize-js-fake\x00";
    let mut section = b"\x09producers".to_vec();
    section.extend_from_slice(&field[..14]);
    section.extend_from_slice(b"\x01\x0fcomponentize-js\x050.1.2");
    javascript.push(0);
    javascript.push(section.len() as u8);
    javascript.extend_from_slice(&section);
    let found = inspect(&javascript, &Limits::of(Language::Compiled)).unwrap();
    assert_eq!(found.language, Language::Interpreted);
    let loaded = Bench::new().load(config("js", &javascript, &[], &[("judge_fuel", 123)])).unwrap();
    assert_eq!(loaded.limits.lookup_fuel, Limits::of(Language::Interpreted).lookup_fuel);
    assert_eq!(loaded.limits.judge_fuel, 123, "the operator has the last word");
}

#[test]
fn overrides_are_a_plain_map() {
    let overrides = LimitOverrides::from([("deadline_ms".to_owned(), 5)]);
    assert_eq!(Limits::of(Language::Compiled).with(&overrides).unwrap().deadline_ms, 5);
}
