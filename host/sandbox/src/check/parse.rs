//! The outer shape of a component: imports, exports and traces of the tools that made it. Reads no function body.

use wasmtime::wasmparser::component_types::ComponentEntityType;
use wasmtime::wasmparser::{
    BinaryReaderError, Encoding, KnownCustom, Parser, Payload, ProducersSectionReader, ValidPayload, Validator,
};

use crate::error::LoadError;
use trellis_calls::limits::Language;
use trellis_calls::text;

/// Longest name shown of an import or export, in characters.
const MAX_SHOWN_CHARACTERS: usize = 200;
/// A core module with this much code is a language runtime: the smallest measured (QuickJS) is twice as large, the largest
/// compiled plugin a tenth.
const RUNTIME_CODE_BYTES: u32 = 700_000;
/// What tools that put a language runtime into a component leave in its `producers` section.
const RUNTIME_TOOLS: [&str; 5] = ["componentize-py", "componentize-js", "componentizejs", "componentize-qjs", "jco"];

/// How files begin that a compiler writes which was not told to build for WebAssembly, and what they are.
const NATIVE: [(&[u8], &str); 5] = [
    (b"\x7fELF", "a program or library of Linux (ELF)"),
    (b"\xcf\xfa\xed\xfe", "a program or library of macOS (Mach-O)"),
    (b"\xca\xfe\xba\xbe", "a program or library of macOS (Mach-O)"),
    (b"MZ", "a program or library of Windows (PE)"),
    (b"!<arch>", "an archive of object files (such as an `.rlib`)"),
];

/// An import of the component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Import {
    pub(super) name: String,
    /// Whether it is an interface (an instance), as everything this host offers.
    pub(super) is_instance: bool,
    /// Functions the component wants of it.
    pub(super) functions: Vec<String>,
}

/// The outer shape of a component.
pub(super) struct Parsed {
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<String>,
    pub(super) language: Language,
}

pub(super) fn parse(wasm: &[u8]) -> Result<Parsed, LoadError> {
    if !wasm.starts_with(b"\0asm") {
        let native = NATIVE.iter().find(|(beginning, _)| wasm.starts_with(beginning));
        return Err(native.map_or(LoadError::NotWasm, |(_, what)| LoadError::Native(what)));
    }
    if Parser::is_core_wasm(wasm) {
        return Err(LoadError::CoreModule);
    }
    read(wasm).map_err(|error| LoadError::Malformed {
        offset: error.offset(),
        text: text::line(error.message(), MAX_SHOWN_CHARACTERS),
    })
}

fn read(wasm: &[u8]) -> Result<Parsed, BinaryReaderError> {
    let mut validator = Validator::new();
    let mut outermost = None;
    let mut names = (Vec::new(), Vec::new());
    let mut language = Language::Compiled;
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        // Function bodies are the compiler's business; here they would only take time.
        if let ValidPayload::End(types) = validator.payload(&payload)? {
            outermost = Some(types);
        }
        match &payload {
            Payload::Version { encoding: Encoding::Component | Encoding::Module, .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    names.0.push(import?.name.name);
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section.clone() {
                    names.1.push(export?.name.name);
                }
            }
            Payload::CodeSectionStart { size, .. } if *size >= RUNTIME_CODE_BYTES => language = Language::Interpreted,
            Payload::CustomSection(section) => {
                if let KnownCustom::Producers(producers) = section.as_known()
                    && names_a_runtime(producers)
                {
                    language = Language::Interpreted;
                }
            }
            _ => {}
        }
    }
    let shown = |name: &str| text::line(name, MAX_SHOWN_CHARACTERS);
    let types = outermost.as_ref().map(|types| types.as_ref());
    let import_of = |name: &&str| {
        let entity = types.and_then(|types| types.component_item_for_import(name)).map(|item| item.ty);
        let instance = match entity {
            Some(ComponentEntityType::Instance(instance)) => types.and_then(|types| types.get(instance)),
            _ => None,
        };
        let items = instance.into_iter().flat_map(|instance| &instance.exports);
        let functions = items.filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_)));
        Import {
            name: shown(name),
            is_instance: instance.is_some(),
            functions: functions.map(|(name, _)| shown(name)).collect(),
        }
    };
    Ok(Parsed {
        imports: names.0.iter().map(import_of).collect(),
        exports: names.1.iter().map(|name| shown(name)).collect(),
        language,
    })
}

/// Whether a `producers` section names a tool that embeds a language runtime. Unreadable ones name nothing.
fn names_a_runtime(producers: ProducersSectionReader<'_>) -> bool {
    let is_runtime = |value: &str| RUNTIME_TOOLS.iter().any(|tool| value.eq_ignore_ascii_case(tool));
    producers.into_iter().flatten().flat_map(|field| field.values).flatten().any(|value| is_runtime(value.name))
}
