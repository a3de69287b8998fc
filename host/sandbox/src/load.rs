//! Loading a plugin: check, compile, link, and let it describe itself.

use std::sync::Arc;

use trellis_calls::limits::{LimitOverrides, Limits};
use trellis_calls::{Export, NoHost, SelfDescription, Subject, configuration_digest, text};
use trellis_engine::ports::plugins::{PluginConfiguration, PluginDescription, PluginId};
use wasmtime::component::{Component, InstancePre, Linker};

use crate::bindings::exports::bsv::overlay::plugin::Description;
use crate::bindings::exports::bsv::overlay::{basket_manager, lookup_service, plugin, topic_manager, topic_relevance};
use crate::call::CallState;
use crate::check::{Inspection, inspect};
use crate::error::LoadError;
use crate::run::{Call, Program, Runtime};

/// A plugin to load, as the operator configured it.
#[derive(Clone, Debug)]
pub struct PluginConfig {
    /// The operator's name for it.
    pub id: PluginId,
    /// The component.
    pub wasm: Vec<u8>,
    /// What the operator says the file's SHA-256 is.
    pub sha256: Option<[u8; 32]>,
    /// The operator's changes to the limits, by field name of [`Limits`].
    pub limits: LimitOverrides,
    /// What the plugin reads through `config`.
    pub configuration: PluginConfiguration,
}

/// A plugin that is ready to be called.
pub(crate) struct Plugin {
    pub(crate) program: Program,
    pub(crate) description: Arc<PluginDescription>,
    pub(crate) inspection: Inspection,
    pub(crate) topic_manager: Option<topic_manager::GuestIndices>,
    pub(crate) topic_relevance: Option<topic_relevance::GuestIndices>,
    pub(crate) lookup_service: Option<lookup_service::GuestIndices>,
    pub(crate) basket_manager: Option<basket_manager::GuestIndices>,
}

impl Plugin {
    /// The same under another id, with a record that begins.
    pub(crate) fn renamed(&self, id: PluginId, share: u32) -> Self {
        let Program { instance, limits, configuration, .. } = &self.program;
        Self {
            program: Program::new(id, instance.clone(), *limits, Arc::clone(configuration), share),
            description: Arc::clone(&self.description),
            inspection: self.inspection.clone(),
            topic_manager: self.topic_manager.clone(),
            topic_relevance: self.topic_relevance.clone(),
            lookup_service: self.lookup_service.clone(),
            basket_manager: self.basket_manager.clone(),
        }
    }
}

/// A linear memory page, in bytes.
const PAGE_BYTES: u64 = 64 << 10;

/// Checks a file against its pin and this host. Returns the limits its calls will have.
pub(crate) fn check(config: &PluginConfig) -> Result<(Inspection, Limits), LoadError> {
    // Which defaults apply is known only after reading the file, so the file itself is bounded by the largest of them.
    let ceiling = Limits::of(trellis_calls::limits::Language::Interpreted).with(&config.limits)?;
    let inspection = inspect(&config.wasm, &ceiling)?;
    if let Some(pinned) = config.sha256.filter(|pinned| *pinned != inspection.sha256) {
        return Err(LoadError::Pin { pinned, actual: inspection.sha256 });
    }
    let limits = Limits::of(inspection.language).with(&config.limits)?;
    Ok((inspection, limits))
}

/// Links compiled code and lets the plugin describe itself.
pub(crate) fn link(
    runtime: &Runtime,
    linker: &Linker<CallState>,
    component: &Component,
    config: PluginConfig,
    inspection: Inspection,
    limits: Limits,
    share: u32,
) -> Result<Plugin, LoadError> {
    check_memory(component, &limits)?;
    let signature =
        |error: wasmtime::Error| LoadError::Signature(text::line(&format!("{error:#}"), MAX_SIGNATURE_CHARACTERS));
    let instance = linker.instantiate_pre(component).map_err(signature)?;
    let plugin = plugin::GuestIndices::new(&instance).map_err(signature)?;
    let topic_manager = optional(inspection.topic_manager, &instance, topic_manager::GuestIndices::new)?;
    let topic_relevance = optional(inspection.topic_relevance, &instance, topic_relevance::GuestIndices::new)?;
    let lookup_service = optional(inspection.lookup_service, &instance, lookup_service::GuestIndices::new)?;
    let basket_manager = optional(inspection.basket_manager, &instance, basket_manager::GuestIndices::new)?;
    let program = Program::new(config.id, instance, limits, Arc::new(config.configuration), share);

    let call = |export| Call { export, subject: Subject::Plugin, transaction: None };
    let mut mistyped = None;
    let described = runtime.run(
        &program,
        &call(Export::Describe),
        &mut NoHost,
        |store, instance| {
            // Types of all exported functions are compared here once, so that no first call can fail for that reason.
            let loaded = plugin.load(&mut *store, instance).and_then(|guest| {
                topic_manager.as_ref().map(|it| it.load(&mut *store, instance)).transpose()?;
                topic_relevance.as_ref().map(|it| it.load(&mut *store, instance)).transpose()?;
                lookup_service.as_ref().map(|it| it.load(&mut *store, instance)).transpose()?;
                basket_manager.as_ref().map(|it| it.load(&mut *store, instance)).transpose()?;
                Ok(guest)
            });
            match loaded {
                Ok(guest) => guest.call_describe(store),
                Err(error) => {
                    mistyped = Some(signature(error));
                    Ok(Err(String::new()))
                }
            }
        },
        Ok,
    );
    if let Some(mistyped) = mistyped {
        return Err(mistyped);
    }
    let (described, _) = described.map_err(LoadError::Describe)?;
    let (documentation, _) = runtime
        .run(
            &program,
            &call(Export::Documentation),
            &mut NoHost,
            |store, instance| plugin.load(&mut *store, instance)?.call_documentation(store),
            Ok,
        )
        .map_err(LoadError::Describe)?;
    let description = Arc::new(description(described, documentation, &inspection, &program));
    Ok(Plugin { program, description, inspection, topic_manager, topic_relevance, lookup_service, basket_manager })
}

/// Longest text shown of a function whose type does not fit, in characters.
const MAX_SIGNATURE_CHARACTERS: usize = 300;

fn optional<I>(
    exported: bool,
    instance: &InstancePre<CallState>,
    indices: impl FnOnce(&InstancePre<CallState>) -> wasmtime::Result<I>,
) -> Result<Option<I>, LoadError> {
    let signature =
        |error: wasmtime::Error| LoadError::Signature(text::line(&format!("{error:#}"), MAX_SIGNATURE_CHARACTERS));
    exported.then(|| indices(instance)).transpose().map_err(signature)
}

/// What every call would need before it does anything. What exceeds the pool, the engine has refused already.
fn check_memory(component: &Component, limits: &Limits) -> Result<(), LoadError> {
    let pages = component.resources_required().and_then(|needs| needs.max_initial_memory_size).unwrap_or(0);
    let wanted = pages.saturating_mul(PAGE_BYTES);
    if wanted > limits.memory_bytes {
        return Err(LoadError::Memory { wanted, limit: limits.memory_bytes });
    }
    Ok(())
}

fn description(
    described: Description,
    documentation: String,
    inspection: &Inspection,
    program: &Program,
) -> PluginDescription {
    let Description { name, short_description, version, icon_url, information_url } = described;
    let told = SelfDescription { name, short_description, version, icon_url, information_url, documentation };
    let SelfDescription { name, short_description, version, icon_url, information_url, documentation } =
        told.made_safe();
    PluginDescription {
        name,
        short_description,
        version,
        icon_url,
        information_url,
        documentation,
        sha256: inspection.sha256,
        configuration_digest: configuration_digest(&inspection.sha256, &program.configuration),
        state_quota: program.limits.state_bytes,
        topic_manager: inspection.topic_manager,
        topic_relevance: inspection.topic_relevance,
        lookup_service: inspection.lookup_service,
        basket_manager: inspection.basket_manager,
    }
}
